/** The state of the worker: the table at hand, its decisions and steps, and the answers to the page's requests. */

import { checkRecipe } from '../modules/recipe.js';
import { addUp } from './bars.js';
import { Decisions } from './decisions.js';
import { Refusal } from './input.js';
import { joinTables, writeUnmatched } from './join.js';
import { convertTo, previewOf } from './output.js';
import { TableSource } from './table-source.js';
import { View } from './view.js';

/** One page's work. */
export class Session {
  /** Opens a file; the table before it stays if this fails or is cancelled. */
  async open({ file, choice }, task) {
    const begun = performance.now();
    const source = await new TableSource(file, choice).read(task);
    return this.show({ source, joint: null, steps: [] }, task, begun);
  }

  /** Does or undoes repairs: one (`change`) or all of a `kind`. The file is read again with what was decided. */
  async decide({ change, kind, on, reading }, task) {
    const begun = performance.now();
    const { source, steps } = this.state;
    const decisions = source.decisions.copy();
    if (kind) decisions.all(kind, on);
    else decisions.one(change, on, reading);
    const again = await new TableSource(source.file, source.choice, decisions).read(task);
    const joint = this.state.joint && await joinTables(again, this.state.joint.second, this.state.joint.how, task);
    return this.show({ ...this.state, source: again, joint, steps }, task, begun);
  }

  /** Puts steps (filter, sort, columns) to work. A recipe also brings decisions about whole kinds, and a merge. */
  async steps({ steps, repairs, merge }, task) {
    const begun = performance.now();
    let { source, joint } = this.state;
    if (repairs) {
      const decisions = Decisions.ofKinds(repairs);
      source = await new TableSource(source.file, source.choice, decisions).read(task);
      joint = null;
    }
    if (merge === null) joint = null;
    if (merge && !this.partner) {
      throw new Refusal(`This recipe merges with "${merge.with}". Choose that file under Merge, then run the recipe again.`, 'missing_table');
    }
    if (merge) joint = await joinTables(source, this.partner, merge, task);
    return this.show({ source, joint, steps }, task, begun);
  }

  /** Looks at a new state as a whole, then takes it. */
  async show(state, task, begun) {
    const view = await View.of(state.joint ?? state.source, state.steps, task);
    this.state = state;
    this.view = view;
    return this.summary((performance.now() - begun) / 1000);
  }

  /** The facts that the page shows around the table. */
  summary(seconds) {
    const { source, joint } = this.state;
    const base = joint ?? source;
    const kinds = source.decisions.kinds();
    const found = kinds.reduce((sum, { done, open, undone }) => sum + done + open + undone, 0);
    return {
      name: source.file.name, bytes: source.file.size, encoding: source.encoding, form: source.form,
      delimiter: source.plan.delimiter, header: source.plan.header, commas: source.commas(), merge: joint && { with: joint.second.file.name, ...joint.how }, repairs: source.decisions.byKind(),
      names: source.names, source: base.names, columns: this.view.names, total: base.count, rows: this.view.count, kinds, found, seconds,
    };
  }

  /** A page of the table; `reach` is how many rows can be viewed. */
  rows({ from, count }) {
    const { shown } = this.view;
    const { repairedLines } = this.state.source;
    const rows = shown.rows.slice(from, from + count).map((cells, i) => {
      const line = shown.lines?.[from + i] ?? null;
      return { line, cells, repaired: line !== null && repairedLines.has(line) };
    });
    return { rows, reach: shown.rows.length };
  }

  /** A page of the list of repairs. */
  changes({ from, count }) {
    const { decisions, found } = this.state.source;
    const list = decisions.list();
    return { items: list.slice(from, from + count), reach: list.length, cut: found.cut };
  }

  /** The beginning of the result. */
  preview({ options }) {
    return { text: previewOf(this.view, this.state.source, options) };
  }

  /** The whole result as a file. */
  convert({ options }, task) {
    return convertTo(this.view, this.state.source, options, task);
  }

  /** Reads the second file of a merge. */
  async second({ file }, task) {
    const second = await new TableSource(file).read(task);
    if (!second.found.whole) {
      const text = `${file.name} is too big to be the second file, which is held in memory (24 MB at most).`;
      throw new Refusal(`${text} Open it as the first file and merge the other one into it.`, 'too_big');
    }
    this.partner = second;
    const found = second.found.changes.length + second.found.asks.length;
    return { name: file.name, columns: second.names, rows: second.count, found };
  }

  /** Merges the second file into the table. */
  async merge({ key, keep }, task) {
    const begun = performance.now();
    const { source } = this.state;
    const joint = await joinTables(source, this.partner, { key, keep }, task);
    const summary = await this.show({ ...this.state, joint, steps: [] }, task, begun);
    return { summary, ...joint.report };
  }

  /** The rows of one side that found no partner, as a file. */
  unmatched({ side }, task) {
    return writeUnmatched(this.state.joint, side, task);
  }

  /** The mistakes of a recipe. */
  check({ recipe }) {
    return checkRecipe({ recipe });
  }

  /** The bars of a chart. */
  chart({ group, value }, task) {
    const decimal = this.state.source.commas().includes(value) ? ',' : '.';
    return addUp(this.view, { group, value, decimal }, task);
  }
}
