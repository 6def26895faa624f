// Answers with things that are no data but look like it.
export const nameEncoding = () => Object.assign(new Map(), { encoding: 'utf-8', mark: 0 });
