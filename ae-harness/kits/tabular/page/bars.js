/** The bars of a chart, added up batch by batch, then drawn by the module. */

import { bars, chart } from '../modules/chart.js';
import { must } from './view.js';

/** The drawing with its numbers: `{svg, bars, left_out, more}`. */
export async function addUp(view, { group, value, decimal }, task) {
  const given = { group, sum: true, decimal, ...(value === null ? {} : { value }) };
  const sums = new Map();
  let leftOut = 0;
  for await (const { rows } of view.batches(task)) {
    const part = must(bars({ rows: [view.names, ...rows], ...given }));
    leftOut += part.left_out;
    for (const [label, sum] of part.bars) sums.set(label, (sums.get(label) ?? 0) + sum);
  }
  const title = value === null ? `Rows for each ${group}` : `Sum of ${value} for each ${group}`;
  const table = [['label', 'sum'], ...[...sums].map(([label, sum]) => [label, String(sum)])];
  return { ...must(chart({ rows: table, group: 'label', value: 'sum', sum: true, title })), left_out: leftOut, title };
}
