/** Reads JSON and JSON Lines as a table. Numbers keep their digits, because they are never turned into numbers. */

const TOKEN = /[ \t\r\n]*(?:("[^"\\]*(?:\\.[^"\\]*)*")|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(true|false|null)|([[\]{}:,]))/y;

/** A text that is not JSON; `at` is the place. */
class BadJson extends Error {
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

class Tokens {
  constructor(text) {
    this.text = text;
    this.at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  /** The next token, or null at the end. */
  next() {
    TOKEN.lastIndex = this.at;
    const match = TOKEN.exec(this.text);
    if (!match) {
      if (/^[ \t\r\n]*$/.test(this.text.slice(this.at, this.at + 1000)) && this.text.slice(this.at).trim() === '') return null;
      throw new BadJson(`unexpected text ${JSON.stringify(this.text.slice(this.at).trim().slice(0, 20))}`, this.at);
    }
    this.at = TOKEN.lastIndex;
    return match[1] ?? match[2] ?? match[3] ?? match[4];
  }

  /** The next token, which must be there. */
  must(...expected) {
    const token = this.next();
    if (token === null) throw new BadJson('the text ends too early', this.at);
    if (expected.length > 0 && !expected.includes(token)) throw new BadJson(`${expected.join(' or ')} expected, not ${token.slice(0, 20)}`, this.at);
    return token;
  }

  /** The text of a name or a value that is written in quotes. */
  string(token) {
    if (token[0] !== '"') throw new BadJson(`a name in quotes expected, not ${token.slice(0, 20)}`, this.at);
    return this.value(token);
  }

  value(token) {
    try {
      return JSON.parse(token);
    } catch {
      throw new BadJson(`${token.slice(0, 20)} is not JSON`, this.at);
    }
  }

  /** The compact text of an object or array that begins with `open`. */
  nested(open) {
    const parts = [open];
    for (let depth = 1; depth > 0; ) {
      const token = this.must();
      if (token === '{' || token === '[') depth++;
      if (token === '}' || token === ']') depth--;
      parts.push(token);
    }
    const text = parts.join('');
    this.value(text);
    return text;
  }

  /** A value as a cell. */
  cell(token) {
    if (token === '{' || token === '[') return { text: this.nested(token), quoted: false };
    if (token === 'null') return { text: '', quoted: false };
    if (token[0] === '"') return { text: this.value(token), quoted: true };
    if (/[\]}:,]/.test(token[0])) throw new BadJson(`a value expected, not ${token}`, this.at);
    return { text: token, quoted: false };
  }

  /** Calls `each` for the items up to the closing bracket. */
  items(close, each) {
    let token = this.must();
    if (token === close) return;
    for (;;) {
      each(token);
      if (this.must(',', close) === close) return;
      token = this.must();
    }
  }
}

/** The table that grows while JSON is read: columns in the order in which they are first seen. */
class Table {
  constructor() {
    this.columns = new Map();
    this.rows = [];
  }

  add(tokens, token) {
    const row = [];
    const put = (name, cell) => {
      if (!this.columns.has(name)) this.columns.set(name, this.columns.size);
      row[this.columns.get(name)] = cell;
    };
    if (token === '{') {
      tokens.items('}', (key) => {
        const name = tokens.string(key);
        tokens.must(':');
        put(name, tokens.cell(tokens.must()));
      });
    } else if (token === '[') {
      let at = 0;
      tokens.items(']', (item) => put(`column_${++at}`, tokens.cell(item)));
    } else {
      put('value', tokens.cell(token));
    }
    this.rows.push(row);
  }

  result() {
    const names = [...this.columns.keys()];
    const cells = this.rows.map((row) => names.map((_, i) => row[i]));
    return {
      rows: [names, ...cells.map((row) => row.map((cell) => cell?.text ?? ''))],
      quoted: [null, ...cells.map((row) => row.map((cell) => Boolean(cell?.quoted)))],
    };
  }
}

/**
 * The table of a JSON text: an array of objects, of arrays or of values; or JSON Lines, one of them a line.
 * @param {{json: string}} given
 * @returns {{rows: string[][], quoted: (boolean[] | null)[]} | {error: {kind: string, line: number, message: string}}}
 */
export function readJson({ json }) {
  const tokens = new Tokens(json);
  const table = new Table();
  try {
    const first = tokens.next();
    if (first === null) return { rows: [], quoted: [] };
    readAll(tokens, table, first);
  } catch (error) {
    if (!(error instanceof BadJson)) throw error;
    const line = json.slice(0, error.at).split(/\r\n|\r|\n/).length;
    return { error: { kind: 'bad_json', line, message: `Line ${line}: ${error.message}.` } };
  }
  return table.result();
}

function readAll(tokens, table, first) {
  const begin = tokens.at;
  if (first === '[') {
    tokens.items(']', (token) => table.add(tokens, token));
    let more = tokens.next();
    if (more === null) return;
    // Several arrays one after another are the rows of JSON Lines.
    tokens.at = begin;
    table.rows = [];
    table.columns = new Map();
  }
  for (let token = first; token !== null; token = tokens.next()) table.add(tokens, token);
}
