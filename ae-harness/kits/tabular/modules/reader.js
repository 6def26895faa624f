/** Reads delimited text, RFC 4180 and what is found in its place, piece by piece. */

const WAIT = 'wait';
const LOST = 'lost';
const LONGEST_ROW = 1 << 20;

/** A row as it stands in the file. */
class Row {
  constructor(cells, quoted, flaws, lost) {
    this.cells = cells;
    /** Which cells stood in quotes; null: none. */
    this.quoted = quoted;
    /** The oddities of its quotes; null: none. */
    this.flaws = flaws;
    /** The cell whose quote is never closed, or -1. */
    this.lost = lost;
    this.text = '';
    this.at = 0;
    this.stop = 0;
    /** The number of its first line. */
    this.line = 0;
    /** The line ends inside of its cells. */
    this.breaks = 0;
    /** The line end after it, '' for the last row. */
    this.end = '';
    /** The notes of a repair on it. */
    this.notes = null;
    this.data = true;
  }

  /** Its text without the line end. */
  get raw() {
    return this.text.slice(this.at, this.stop);
  }

  /** The row as other text: `raw`, with other parts as given. */
  as(raw, parts) {
    return Object.assign(new Row(this.cells, this.quoted, this.flaws, this.lost), { line: this.line, end: this.end, notes: this.notes, data: this.data }, { text: raw, stop: raw.length }, parts);
  }
}

/**
 * Reads pieces of text. Any cut into pieces gives the same rows.
 *
 * With `mend` it also takes spaces around quotes for what they are and ends a lost quote with its line; without, spaces
 * belong to the cell and a lost quote runs to the end of the file. With `escape` a backslash keeps a quote from closing.
 */
export class Reader {
  constructor({ delimiter = ',', mend = false, escape = false } = {}) {
    this.delimiter = delimiter;
    this.mend = mend;
    this.escape = escape;
    this.limit = mend ? LONGEST_ROW : Infinity;
    this.text = '';
    this.at = 0;
    this.line = 1;
    this.#forget();
  }

  /** Adds a piece and returns the rows that are complete with it. */
  push(text) {
    this.feed(text);
    return this.#drain(false);
  }

  /** Ends the text and returns the rows that are left. */
  end() {
    return this.#drain(true);
  }

  /** Adds a piece. */
  feed(text) {
    this.text = this.at < this.text.length ? this.text.slice(this.at) + text : text;
    this.at = 0;
    this.#forget();
  }

  /** The next row, or null if the text at hand does not hold one to its end. */
  next(final) {
    const { text, at } = this;
    if (at >= text.length) return null;
    // A mark begins the file, and each file that was appended to it.
    const marked = text.charCodeAt(at) === 0xfeff && (this.mend || this.line === 1);
    const from = marked ? at + 1 : at;
    const flaws = marked && this.mend ? ['byte_mark'] : null;
    const end = this.#lineEnd(from);
    if (this.quote < from) this.quote = this.#find('"', from);
    if (this.quote < end) return this.#withQuotes(new Row([], null, flaws, -1), from, final);
    if (end === Infinity && !final) return null;
    const stop = Math.min(end, text.length);
    return this.#finish(new Row(text.slice(from, stop).split(this.delimiter), null, flaws, -1), stop, 0, final);
  }

  /** Goes back to `length` characters after the begin of the row that `next` returned last. */
  rewind(row, length, line) {
    this.at = row.at + length;
    this.line = line;
    this.#forget();
  }

  #drain(final) {
    const rows = [];
    for (let row = this.next(final); row; row = this.next(final)) rows.push(row);
    return rows;
  }

  #forget() {
    this.lf = -1;
    this.cr = -1;
    this.quote = -1;
  }

  #find(what, from) {
    const found = this.text.indexOf(what, from);
    return found < 0 ? Infinity : found;
  }

  #lineEnd(from) {
    if (this.lf < from) this.lf = this.#find('\n', from);
    if (this.cr < from) this.cr = this.#find('\r', from);
    return Math.min(this.lf, this.cr);
  }

  /** Takes the line end at `stop` and hands the row out. */
  #finish(row, stop, inner, final) {
    const { text } = this;
    let end = '';
    if (stop < text.length) {
      end = text[stop];
      if (end === '\r') {
        if (stop + 1 === text.length && !final) return null;
        if (text[stop + 1] === '\n') end = '\r\n';
      }
    }
    row.line = this.line;
    row.text = text;
    row.at = this.at;
    row.stop = stop;
    row.breaks = inner;
    row.end = end;
    this.at = stop + end.length;
    this.line += inner + 1;
    return row;
  }

  #withQuotes(row, from, final) {
    let at = from;
    let inner = 0;
    for (;;) {
      const cell = this.#cell(at, final);
      if (cell === WAIT) return null;
      if (cell === LOST) return this.#lostQuote(row, at, inner, final);
      if (cell.quoted) (row.quoted ??= [])[row.cells.length] = true;
      if (cell.flaws) for (const flaw of cell.flaws) if (!row.flaws?.includes(flaw)) (row.flaws ??= []).push(flaw);
      row.cells.push(cell.value);
      inner += cell.breaks;
      at = cell.next;
      if (at >= this.text.length && !final) return null;
      if (this.text[at] !== this.delimiter) break;
      at += 1;
    }
    if (row.quoted) row.quoted = row.cells.map((_, i) => row.quoted[i] === true);
    return this.#finish(row, at, inner, final);
  }

  /** The cell that begins at `at`. */
  #cell(at, final) {
    const { text } = this;
    if (text[at] === '"') return this.#quoted(at, final);
    if (this.mend) {
      const open = this.#afterSpaces(at);
      if (open === text.length && open > at && !final) return WAIT;
      if (text[open] === '"') {
        const cell = this.#quoted(open, final);
        if (cell === WAIT) return cell;
        if (cell !== LOST && !cell.stray) return { ...cell, flaws: [...new Set([...(cell.flaws ?? []), 'space_around_quotes'])] };
      }
    }
    const end = this.#lineEnd(at);
    const next = Math.min(this.#find(this.delimiter, at), end);
    if (next === Infinity && !final) return WAIT;
    const stop = Math.min(next, text.length);
    return { value: text.slice(at, stop), next: stop, quoted: false, flaws: null, breaks: 0 };
  }

  #afterSpaces(at) {
    let to = at;
    while ((this.text[to] === ' ' || this.text[to] === '\t') && this.text[to] !== this.delimiter) to++;
    return to;
  }

  /** The cell whose quote opens at `open`. */
  #quoted(open, final) {
    const { text } = this;
    let value = '';
    let from = open + 1;
    let at = from;
    const flaws = [];
    for (;;) {
      const quote = text.indexOf('"', at);
      if (quote < 0 || quote >= this.at + this.limit) {
        return final || text.length >= this.at + this.limit ? this.#unclosed(open, value + text.slice(from)) : WAIT;
      }
      if (quote + 1 === text.length && !final) return WAIT;
      if (this.escape && isEscaped(text, from, quote)) {
        value += text.slice(from, quote - 1) + '"';
        from = at = quote + 1;
        if (!flaws.includes('backslash_quote')) flaws.push('backslash_quote');
        continue;
      }
      if (text[quote + 1] === '"') {
        value += text.slice(from, quote + 1);
        from = at = quote + 2;
        continue;
      }
      const next = this.#afterSpaces(quote + 1);
      if (next === text.length && !final) return WAIT;
      if (next === text.length || text[next] === this.delimiter || text[next] === '\n' || text[next] === '\r') {
        if (next > quote + 1) flaws.push('space_around_quotes');
        value += text.slice(from, quote);
        const stray = flaws.includes('unescaped_quote');
        return { value, next, quoted: true, flaws: flaws.length ? flaws : null, stray, breaks: countBreaks(text, open, quote) };
      }
      // A quote that neither closes the cell nor stands double is a character of it.
      if (!flaws.includes('unescaped_quote')) flaws.push('unescaped_quote');
      at = quote + 1;
    }
  }

  #unclosed(open, value) {
    if (this.mend) return LOST;
    const { length } = this.text;
    return { value, next: length, quoted: true, flaws: ['unclosed_quote'], stray: true, breaks: countBreaks(this.text, open, length) };
  }

  /** Ends the row with the line in which the lost quote stands; the quote stays in its cell. */
  #lostQuote(row, open, inner, final) {
    const end = this.#lineEnd(open);
    if (end === Infinity && !final) return null;
    const stop = Math.min(end, this.text.length);
    row.lost = row.cells.length;
    row.cells.push(...this.text.slice(open, stop).split(this.delimiter));
    (row.flaws ??= []).push('unclosed_quote');
    row.quoted = row.quoted && row.cells.map((_, i) => row.quoted[i] === true);
    // Many lost quotes must not make the reader look through the same megabyte again and again.
    this.limit = Math.max(8192, this.limit >> 1);
    return this.#finish(row, stop, inner, final);
  }
}

/** Whether an odd number of backslashes stands before the quote. */
function isEscaped(text, from, quote) {
  let at = quote;
  while (at > from && text[at - 1] === '\\') at--;
  return (quote - at) % 2 === 1;
}

/** The number of line ends between two places. */
export function countBreaks(text, from, to) {
  let breaks = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) breaks++;
  }
  return breaks;
}

/** Whether nothing stands in the row's line. */
export const isBlank = (row) => row.cells.length === 1 && row.cells[0] === '' && !row.quoted;

/** The separator that a first line such as `sep=;` names, or null. */
export function hintedDelimiter(text) {
  return /^\uFEFF?sep=([^\r\n"])(?:[\r\n]|$)/i.exec(text)?.[1] ?? null;
}
