/** The preview of every repair: what was found, on which line, before and after; each can be undone, each question answered. */

import { $, el, plural } from './dom.js';
import { found, repair } from './kinds.js';
import { pager } from './pager.js';

const PAGE = 10;
const LONGEST = 300;

/** A cell or line for reading: ends of lines are made visible. */
function visible(text) {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
  return shown.replace(/\r\n|\r|\n/g, ' ↵ ') || '(nothing)';
}

const joined = (value) => (Array.isArray(value) ? value.join(' ¦ ') : String(value ?? ''));

/** Shows the repairs. */
export class ChangesView {
  constructor(app) {
    this.app = app;
    this.from = 0;
    this.kind = '';
    app.watch((summary, why) => {
      if (why === 'open') {
        this.from = 0;
        this.kind = '';
      }
      return this.load();
    });
  }

  /** Asks for a page of repairs and shows it. */
  async load() {
    const turn = this.turn = (this.turn ?? 0) + 1;
    const page = await this.app.client.ask({ do: 'changes', from: this.from, count: PAGE, kind: this.kind });
    if (turn !== this.turn) return;
    const { summary } = this.app;
    $('#tool-changes-count').textContent = summary.found ? String(summary.found) : '';
    $('#tool-changes-summary').textContent = this.words(summary, page);
    this.kinds(summary.kinds);
    const focus = document.activeElement?.id;
    $('#tool-changes').replaceChildren(...page.items.map((item) => this.item(item)));
    if (focus && !document.activeElement?.id) document.getElementById(focus)?.focus();
    pager($('#tool-changes-pager'), {
      from: this.from, size: PAGE, total: page.reach, noun: 'Entries', prefix: 'tool-changes', go: (to) => {
        this.from = to;
        this.load();
      },
    });
  }

  /** The count in words. */
  words({ kinds, found: all }, { reach, total }) {
    if (!all) return 'Nothing to repair: the file is sound and stays as it is.';
    const done = kinds.reduce((sum, kind) => sum + kind.done, 0);
    const open = kinds.reduce((sum, kind) => sum + kind.open, 0);
    const parts = [`${plural(done, 'repair')} done`];
    if (open) parts.push(`${plural(open, 'question')} open: only you know the answer, so nothing was done there`);
    if (reach < total) parts.push(`the first ${plural(reach, 'entry', 'entries')} are listed, a whole kind can be switched above`);
    return `${parts.join('; ')}.`;
  }

  /** A switch for each kind. */
  kinds(kinds) {
    const focus = document.activeElement?.id;
    $('#tool-kinds').replaceChildren(...kinds.map(({ kind, count, done }) => {
      const id = `tool-kind-${kind}`;
      const box = el('input', { type: 'checkbox', id, checked: done > 0, onchange: () => this.decide({ kind }, box.checked) });
      box.indeterminate = done > 0 && done < count;
      return el('li', {}, box, el('label', { for: id }, `${found(kind)} (${count})`));
    }));
    if (focus?.startsWith('tool-kind-')) document.getElementById(focus)?.focus();
  }

  /** One repair or question. */
  item({ id, line, kind, column, before, after, state, asked, choices }) {
    const where = column ? `Line ${line}, column ${column}` : `Line ${line}`;
    const done = state === 'done';
    const what = el('div', { class: 'tool-what' }, el('strong', {}, found(kind)), el('small', {}, where));
    if (asked) what.append(el('span', { class: 'tool-ask' }, done ? 'Answered' : 'Question'));
    const diff = el('dl', { class: 'tool-diff' },
      el('dt', {}, 'Before'), el('dd', { class: 'tool-before' }, visible(joined(before))),
      el('dt', {}, done ? 'After' : 'Would be'), el('dd', { class: 'tool-after' }, after === null ? repair(kind) : visible(joined(after))));
    return el('li', { 'data-change': id, 'data-kind': kind, 'data-line': line, 'data-state': state }, what, diff,
      el('div', { class: 'tool-acts' }, this.button(id, { kind, line, asked, done }, choices)));
  }

  /** The button that undoes or does a repair. */
  button(id, { kind, line, asked, done }) {
    const text = done ? 'Undo' : asked ? 'Do it' : 'Do it again';
    const name = `${text}: ${found(kind)}, line ${line}`;
    return el('button', {
      type: 'button', id: `tool-change-${id}`, class: 'tool-button tool-small', 'aria-label': name, onclick: () => this.decide({ change: id }, !done),
    }, text);
  }

  /** Does or undoes one repair, or all of a kind. */
  decide(which, on) {
    return this.app.change({ do: 'decide', ...which, on }, 'Repairing', 'decide');
  }
}
