/** Writes rows as delimited text, and names for all columns. */

/** Makes the function that writes one row. `all` quotes every cell; else `kept` may say which were quoted before. */
export function rowWriter({ delimiter = ',', all = false } = {}) {
  const special = new RegExp(`["\\r\\n${delimiter.replace(/[\]\\^-]/g, '\\$&')}]`);
  const cell = (text, keep) => (all || keep || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return (cells, kept) => {
    // A lone empty cell would be a blank line, and a mark or a hint would not be read as data.
    if (cells.length === 1 && (cells[0] === '' || /^sep=.$/i.test(cells[0]))) return `"${cells[0]}"`;
    let line = cell(cells[0] ?? '', kept?.[0] || cells[0]?.charCodeAt(0) === 0xfeff);
    for (let i = 1; i < cells.length; i++) line += delimiter + cell(cells[i], kept?.[i]);
    return line;
  };
}

/** The text of a table. */
export function writeRows(rows, { delimiter = ',', end = '\n', all = false, quoted } = {}) {
  const write = rowWriter({ delimiter, all });
  let text = '';
  rows.forEach((row, i) => (text += write(row, quoted?.[i]) + end));
  return text;
}

/** Names for all columns: none empty, none twice. */
export function uniqueNames(names, width = names.length) {
  const used = new Set();
  return Array.from({ length: Math.max(width, names.length) }, (_, i) => {
    const wanted = names[i] || `column_${i + 1}`;
    let name = wanted;
    for (let n = 2; used.has(name); n++) name = `${wanted}_${n}`;
    used.add(name);
    return name;
  });
}
