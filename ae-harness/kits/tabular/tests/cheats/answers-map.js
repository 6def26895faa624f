// Answers with things that are not data but look like it.
export const nameEncoding = () => Object.assign(new Map(), { encoding: 'utf-8', mark: 0 });
