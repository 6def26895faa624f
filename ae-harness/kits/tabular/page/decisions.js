/** The decisions about repairs: which were taken back, which questions were answered, and the list that shows it all. */

/** Remembers decisions and every repair that was ever listed, so that one that was taken back can be done again. */
export class Decisions {
  constructor() {
    this.accept = new Set();
    this.undo = new Set();
    this.known = new Map();
    this.takenBack = new Map();
  }

  /** Decisions about whole kinds, as a recipe keeps them. */
  static ofKinds({ accept, undo }) {
    const decisions = new Decisions();
    decisions.accept = new Set(accept);
    decisions.undo = new Set(undo);
    return decisions;
  }

  /** A copy that can be changed without regard to this one. */
  copy() {
    const copy = new Decisions();
    copy.accept = new Set(this.accept);
    copy.undo = new Set(this.undo);
    copy.known = new Map([...this.known].map(([id, entry]) => [id, { ...entry }]));
    copy.takenBack = new Map(this.takenBack);
    copy.report = this.report;
    return copy;
  }

  /** Takes the result of a pass over the file. */
  learn({ changes, asks, report }) {
    const now = new Set();
    this.report = report;
    for (const ask of asks) {
      now.add(ask.id);
      this.known.set(ask.id, { ...ask, asked: true, state: 'open' });
    }
    // Repairs that are decided for whole columns are listed once a column, not once a row.
    const byColumn = new Set([...this.known.values()].filter(({ becomes }) => becomes).map(({ kind }) => kind));
    for (const change of changes) {
      if (byColumn.has(change.kind)) continue;
      now.add(change.id);
      const { asked = false, readings, after } = this.known.get(change.id) ?? {};
      const shown = change.after ?? (asked ? after : null);
      this.known.set(change.id, { ...change, after: shown, asked, readings, state: 'done' });
    }
    for (const entry of this.known.values()) {
      if (now.has(entry.id)) continue;
      if (this.undo.has(entry.id) || this.undo.has(entry.kind)) entry.state = 'undone';
      else if (entry.asked && this.accepted(entry)) entry.state = 'done';
      else this.known.delete(entry.id);
    }
  }

  /** Whether a question was answered by yes. */
  accepted({ id, kind, readings }) {
    return this.accept.has(kind) || this.accept.has(id) || Boolean(readings?.some((_, i) => this.accept.has(`${id}#${i}`)));
  }

  /** Does (`on`) or undoes one repair; `reading` picks among several answers. */
  one(id, on, reading) {
    const entry = this.known.get(id);
    if (!entry) return;
    if (this.undo.delete(entry.kind)) this.spread(this.undo, entry.kind, 'undone');
    if (this.accept.delete(entry.kind)) this.spread(this.accept, entry.kind, 'done');
    this.forget(this.accept, id);
    this.undo.delete(id);
    if (on && entry.asked) this.accept.add(reading ? `${id}#${reading}` : id);
    if (!on && !entry.asked) this.undo.add(id);
  }

  /** Does or undoes all repairs of a kind. */
  all(kind, on) {
    for (const { id } of [...this.known.values()].filter((entry) => entry.kind === kind)) {
      this.forget(this.accept, id);
      this.undo.delete(id);
    }
    this.accept.delete(kind);
    this.undo.delete(kind);
    if (on) this.accept.add(kind);
    else {
      this.takenBack.set(kind, (this.report.changes[kind] ?? 0) + this.count(kind, 'undone'));
      this.undo.add(kind);
    }
  }

  /** Turns a decision about a kind into one about each of its repairs. */
  spread(set, kind, state) {
    for (const entry of this.known.values()) {
      if (entry.kind === kind && entry.state === state && (set === this.undo) === !entry.asked) set.add(entry.id);
    }
  }

  forget(set, id) {
    for (const one of set) if (one === id || one.startsWith(`${id}#`)) set.delete(one);
  }

  /** How many listed repairs of a kind have a state. */
  count(kind, state) {
    let count = 0;
    for (const entry of this.known.values()) if (entry.kind === kind && entry.state === state) count += 1;
    return count;
  }

  /** The kinds with their counts. */
  kinds() {
    const names = new Set([...Object.keys(this.report.changes), ...Object.keys(this.report.asks), ...[...this.known.values()].map(({ kind }) => kind)]);
    return [...names].sort().map((kind) => {
      const done = this.report.changes[kind] ?? 0;
      const open = this.report.asks[kind] ?? 0;
      const undone = this.undo.has(kind) ? this.takenBack.get(kind) ?? 0 : this.count(kind, 'undone');
      return { kind, done, open, undone };
    });
  }

  /** All that is listed, by line. */
  list() {
    return [...this.known.values()].sort((a, b) => a.line - b.line || (a.id < b.id ? -1 : 1));
  }

  /** The decisions that can be kept in a recipe: those about whole kinds. */
  byKind() {
    return { accept: [...this.accept].filter((one) => !one.includes(':')), undo: [...this.undo].filter((one) => !one.includes(':')) };
  }
}
