/** Oddities of the cells of a whole column: spaces around them, and texts that were encoded twice. */

const LEADS = /[\u00c2-\u00f4]/;
const TWICE = /[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u2122]/;
/** The characters of Windows-1252 that stand in the places 0x80 to 0x9f. */
const HIGH = '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/** The text whose UTF-8 bytes were read as Windows-1252, or the text itself if that does not hold of it. */
export function decodedTwice(text) {
  if (!TWICE.test(text)) return text;
  let bytes = '';
  for (const char of text) {
    const high = HIGH.indexOf(char);
    const byte = high >= 0 ? 0x80 + high : char.charCodeAt(0);
    if (byte > 0xff) return text;
    bytes += `%${byte.toString(16).padStart(2, '0')}`;
  }
  try {
    return decodeURIComponent(bytes);
  } catch {
    return text;
  }
}

/** Watches the cells that pass, changes what was accepted, and asks about the rest at the end. */
export class Values {
  constructor({ names, accepts }) {
    this.names = names;
    this.kinds = [
      { kind: 'outer_spaces', better: (cell) => cell.trim(), found: new Map() },
      { kind: 'double_encoded', better: decodedTwice, found: new Map() },
    ];
    for (const one of this.kinds) one.yes = (column) => accepts(one.kind, `${one.kind}:column-${column + 1}`);
    this.first = [];
    this.maybe = false;
  }

  /** Looks at a piece of the file: without these letters no text in it was encoded twice. */
  piece(text) {
    this.maybe ||= LEADS.test(text);
  }

  /** Looks at a row of data; returns the kinds of changes made to its cells. */
  row(row) {
    const { cells, line, data } = row;
    if (data && this.first.length < 20) this.first.push([...cells]);
    const changes = [];
    const twice = this.maybe && TWICE.test(row.raw);
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i];
      if (cell.length === 0) continue;
      if (isSpace(cell.charCodeAt(0)) || isSpace(cell.charCodeAt(cell.length - 1))) this.#found(0, cells, i, line, changes);
      if (twice && decodedTwice(cells[i]) !== cells[i]) this.#found(1, cells, i, line, changes);
    }
    return changes;
  }

  #found(which, cells, column, line, changes) {
    const { kind, better, found, yes } = this.kinds[which];
    const after = better(cells[column]);
    if (yes(column)) {
      changes.push(kind);
      cells[column] = after;
      return;
    }
    const entry = found.get(column) ?? { line, count: 0, becomes: [] };
    entry.count += 1;
    if (entry.becomes.length < 20) entry.becomes.push(after);
    found.set(column, entry);
  }

  /** The questions about whole columns. */
  asks() {
    return this.kinds.flatMap(({ kind, better, found }) =>
      [...found.entries()].sort((a, b) => a[0] - b[0]).map(([column, { line, count, becomes }]) => {
        const top = this.first.map((cells) => cells[column] ?? '');
        const after = top.map(better);
        return {
          id: `${kind}:column-${column + 1}`,
          line,
          kind,
          column: this.names[column] ?? `column_${column + 1}`,
          count,
          becomes: after.some((cell, i) => cell !== top[i]) ? after : becomes,
        };
      }),
    );
  }
}

const isSpace = (code) => code === 32 || code === 9 || code === 0xa0;
