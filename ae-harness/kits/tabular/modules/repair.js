/** Repairs a whole text at once, with a preview of every change. */

import { learn } from './learn.js';
import { Repairer } from './repairer.js';
import { writeRows } from './write.js';

export { learn, Repairer };

/**
 * Repairs a text. A change is made alone only if no character of data is lost and only one reading fits; else it is asked.
 * @param {{text: string, delimiter?: string, header?: boolean, accept?: string[], undo?: string[]}} given
 * @returns {{rows: string[][], changes: object[], asks: object[], report: object}}
 */
export function repair({ text, delimiter, header, accept, undo }) {
  const { result } = repaired({ text, delimiter, header, accept, undo });
  const { rows, changes, asks, report } = result;
  return { rows, changes, asks, report };
}

function repaired({ text, delimiter, header, accept, undo }) {
  const plan = learn({ text, delimiter, header });
  const repairer = new Repairer({ plan, accept, undo });
  const first = repairer.push(text);
  const last = repairer.end();
  const result = { report: { delimiter: plan.delimiter, header: plan.header, line_end: plan.line_end, ...last.report } };
  for (const list of ['rows', 'quoted', 'lines', 'changes', 'asks']) result[list] = first[list].concat(last[list]);
  return { plan, result };
}

/**
 * The shortest account of a repair: what was changed and what is asked, by line and kind.
 * @returns {{rows: string[][], changes: object[], asks: object[]}}
 */
export function preview(given) {
  const { rows, changes, asks } = repair(given);
  const brief = ({ line, kind, column }) => (column === undefined ? { line, kind } : { line, kind, column });
  return { rows, changes: changes.map(brief), asks: asks.map(brief) };
}

/**
 * The repaired text. Given its own result it changes nothing.
 * @param {{text: string, delimiter?: string}} given
 * @returns {{text: string, delimiter: string}}
 */
export function mend(given) {
  const { plan, result } = repaired(given);
  return { text: writeRows(result.rows, { delimiter: plan.delimiter, end: plan.line_end, quoted: result.quoted }), delimiter: plan.delimiter };
}

/**
 * The same repair of a text that arrives in pieces.
 * @param {{pieces: string[], delimiter?: string}} given
 */
export function repairPieces({ pieces, delimiter }) {
  const repairer = new Repairer({ plan: learn({ text: pieces.join(''), delimiter }) });
  const parts = [...pieces.map((piece) => repairer.push(piece)), repairer.end()];
  return { rows: parts.flatMap((part) => part.rows), changes: parts.flatMap((part) => part.changes.map(({ id }) => id)), asks: parts.flatMap((part) => part.asks.map(({ id }) => id)) };
}
