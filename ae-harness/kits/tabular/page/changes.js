/** The preview of every repair: what was found, on which line, before and after; each can be undone, each question answered. */

import { $, count, el, plural } from './dom.js';
import { found, repair } from './kinds.js';
import { pager } from './pager.js';

const PAGE = 6;
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
    app.watch((summary, why) => {
      if (why === 'open') this.from = 0;
      return this.load();
    });
  }

  /** Asks for a page of repairs and shows it. */
  async load() {
    const turn = this.turn = (this.turn ?? 0) + 1;
    const page = await this.app.client.ask({ do: 'changes', from: this.from, count: PAGE });
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
  words({ kinds, found: all }, { reach, cut }) {
    if (!all) return 'Nothing to repair: the file is sound and stays as it is.';
    const done = kinds.reduce((sum, kind) => sum + kind.done, 0);
    const open = kinds.reduce((sum, kind) => sum + kind.open, 0);
    const parts = [`${plural(done, 'repair')} done`];
    if (open) parts.push(`${plural(open, 'question')} open: only you know the answer, so nothing was done there`);
    if (cut) parts.push(`the first ${count(reach)} are listed one by one, all are counted`);
    return `${parts.join('; ')}.`;
  }

  /** The kinds, each with buttons for all of it. */
  kinds(kinds) {
    const focus = document.activeElement?.id;
    $('#tool-kinds-part').hidden = kinds.length === 0;
    $('#tool-kinds').replaceChildren(...kinds.map(({ kind, done, open, undone }) => {
      const counts = [[done, 'done'], [open, 'open'], [undone, 'undone']].filter(([number]) => number).map(([number, word]) => `${count(number)} ${word}`);
      const button = (text, on) => el('button', {
        type: 'button', class: 'tool-button tool-small', id: `tool-kind-${on ? 'do' : 'undo'}-${kind}`, 'aria-label': `${text}: ${found(kind)}`,
        onclick: () => this.decide({ kind }, on),
      }, text);
      return el('li', { 'data-kind': kind }, el('span', { class: 'tool-kind' }, found(kind), el('small', {}, ` ${counts.join(', ')}`)),
        done ? button('Undo all', false) : null, open + undone ? button('Do all', true) : null);
    }));
    if (focus?.startsWith('tool-kind-')) (document.getElementById(focus) ?? $('#tool-kinds-part summary')).focus();
  }

  /** One repair or question. */
  item({ id, line, kind, column, count: cells, before, after, state, asked, readings }) {
    const where = cells ? `${plural(cells, 'cell')} in column ${column}` : column ? `Line ${line}, column ${column}` : `Line ${line}`;
    const done = state === 'done';
    const what = el('div', { class: 'tool-what' }, el('strong', {}, found(kind)), el('small', {}, where));
    if (asked) what.append(el('span', { class: 'tool-ask' }, done ? 'Answered' : 'Question'));
    const diff = el('dl', { class: 'tool-diff' });
    if (before !== undefined) diff.append(el('dt', {}, 'Before'), el('dd', { class: 'tool-before' }, visible(joined(before))));
    const choose = asked && !done && readings?.length > 1;
    if (choose) diff.append(el('dt', {}, 'Either'), el('dd', {}, this.readings(id, readings)));
    else diff.append(el('dt', {}, done ? 'After' : 'Would be'), el('dd', { class: 'tool-after' }, after === null ? repair(kind) : visible(joined(after))));
    return el('li', { 'data-change': id, 'data-kind': kind, 'data-line': line, 'data-state': state }, what, diff,
      el('div', { class: 'tool-acts' }, this.button(id, { kind, where, asked, done })));
  }

  /** The ways in which a row can be read. */
  readings(id, readings) {
    const choices = readings.map((cells, at) => el('li', {},
      el('input', { type: 'radio', name: `tool-reading-${id}`, id: `tool-reading-${id}-${at}`, value: String(at), checked: at === 0 }),
      el('label', { for: `tool-reading-${id}-${at}` }, visible(joined(cells)))));
    return el('ul', { class: 'tool-readings', role: 'radiogroup', 'aria-label': 'Ways to read this row' }, ...choices);
  }

  /** The button that undoes or does a repair. */
  button(id, { kind, where, asked, done }) {
    const text = done ? 'Undo' : asked ? 'Do it' : 'Do it again';
    const act = (event) => {
      const reading = $('input[type=radio]:checked', event.target.closest('li[data-change]'))?.value;
      return this.decide({ change: id, reading }, !done);
    };
    const name = `${text}: ${found(kind)}, ${where}`;
    return el('button', { type: 'button', id: `tool-change-${id}`, class: 'tool-button tool-small', 'aria-label': name, onclick: act }, text);
  }

  /** Does or undoes one repair, or all of a kind. */
  decide(which, on) {
    return this.app.change({ do: 'decide', ...which, on }, 'Repairing', 'decide');
  }
}
