// Answers with something to wait for that never comes.
const never = () => ({ then() {} });
export const convert = never;
export const toCsv = never;
export const fromCsv = never;
