/** The table on the page: one page of rows at a time, whatever the file's size. */

import { $, el, plural } from './dom.js';
import { pager } from './pager.js';

const PAGE = 50;
/** Longer cells are cut on the page only; what is saved is whole. */
const LONGEST = 400;
/** More columns are left out on the page only. */
const WIDEST = 100;

const short = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text);

/** Shows rows and leads through them. */
export class TableView {
  constructor(app) {
    this.app = app;
    this.from = 0;
    app.watch((summary, why) => {
      if (why !== 'decide') this.from = 0;
      return this.load();
    });
  }

  /** Asks for a page of rows and shows it; an answer that was overtaken is dropped. */
  async load() {
    const turn = this.turn = (this.turn ?? 0) + 1;
    const { summary } = this.app;
    const page = await this.app.client.ask({ do: 'rows', from: this.from, count: PAGE });
    if (turn !== this.turn) return;
    this.head(summary);
    $('#tool-table tbody').replaceChildren(...page.rows.map((row) => this.row(row)));
    $('#tool-rows').replaceChildren(...this.words(summary, page));
    pager($('#tool-pager'), {
      from: this.from, size: PAGE, total: page.reach, noun: 'Rows', prefix: 'tool', go: (to) => this.go(to),
    });
  }

  /** Goes to another page. */
  async go(to) {
    this.from = to;
    await this.load();
    $('#tool-scroll').scrollTop = 0;
  }

  /** The names of the columns. */
  head({ columns }) {
    const cells = columns.slice(0, WIDEST).map((name) => el('th', { scope: 'col' }, short(name) || '\u00a0'));
    $('#tool-table thead').replaceChildren(el('tr', {}, el('th', { scope: 'col' }, 'Line'), ...cells));
  }

  /** One row. */
  row({ line, cells, repaired }) {
    const mark = repaired ? el('span', { class: 'tool-out' }, ' (repaired)') : null;
    const head = el('th', { scope: 'row' }, line === null ? '–' : String(line), mark);
    const rest = cells.slice(0, WIDEST).map((cell) => el('td', {}, short(cell)));
    return el('tr', { class: repaired ? 'tool-repaired' : null }, head, ...rest);
  }

  /** How many rows and columns there are. */
  words({ rows, total, columns }, { reach }) {
    const parts = [el('strong', {}, plural(rows, 'row')), ` in ${plural(columns.length, 'column')}`];
    if (rows !== total) parts.push(`, of ${plural(total, 'row')} in the file`);
    if (reach < rows) parts.push(`; the first ${plural(reach, 'row')} can be viewed here, all are saved`);
    if (columns.length > WIDEST) parts.push(`; the first ${WIDEST} columns are shown here`);
    return parts;
  }
}
