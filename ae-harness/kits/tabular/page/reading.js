/** Learns how a file is built and reads it through once; whatever is kept of a big file is bounded. */

import { learn } from '../modules/repair.js';
import { detached, repaired, SHOWN_ROWS } from './flow.js';
import { Refusal, sniff } from './input.js';

/** The length of each sample of a big file, in characters. */
const SAMPLE = 1 << 16;
/** Rows of a bigger file are not kept in memory; each use reads the file again. */
export const KEPT_BYTES = 24_000_000;
/** Repairs that are listed one by one; all are counted. */
const LISTED = 5000;

/** How a file is built: learned from its beginning, middle and end, or as the visitor says. */
export async function makePlan(file, { encoding, delimiter, header }) {
  const part = async (from) => {
    const even = from - (from % 2);
    const bytes = await file.slice(even, even + SAMPLE * 2).arrayBuffer();
    return new TextDecoder(encoding).decode(bytes, { stream: true }).slice(0, SAMPLE);
  };
  const given = { delimiter, header };
  if (file.size <= SAMPLE * 4) return learn({ text: new TextDecoder(encoding).decode(await file.arrayBuffer()), ...given });
  const [head, middle, end] = await Promise.all([part(0), part(file.size / 2), part(file.size - SAMPLE * 2)]);
  return learn({ head, middle, end, ...given });
}

/** The encoding of a file; one that only looked like UTF-8 at its beginning turns out otherwise in the first pass. */
export async function chooseEncoding(file, chosen) {
  if (chosen) return { encoding: chosen, strict: false };
  const encoding = await sniff(file);
  return { encoding, strict: encoding === 'utf-8' };
}

/** The finds of a whole pass over a file: rows (all of a small file, the first of a big one), repairs, questions, counts. */
export async function readThrough(file, how, task) {
  const found = { rows: [], quoted: [], lines: [], changes: [], asks: [], total: 0, width: 0, cut: false, report: null, whole: file.size <= KEPT_BYTES };
  for await (const batch of repaired(file, how, task)) {
    found.total += batch.rows.length;
    for (const row of batch.rows) if (row.length > found.width) found.width = row.length;
    const room = found.whole ? Infinity : SHOWN_ROWS + 1 - found.rows.length;
    if (room > 0) {
      const end = Math.min(batch.rows.length, room);
      for (let i = 0; i < end; i++) {
        found.rows.push(found.whole ? batch.rows[i] : detached(batch.rows[i]));
        found.quoted.push(batch.quoted[i]);
        found.lines.push(batch.lines[i]);
      }
    }
    for (const list of ['changes', 'asks']) {
      const left = LISTED - found[list].length;
      if (left > 0) found[list].push(...batch[list].slice(0, left).map(detached));
      if (batch[list].length > left) found.cut = true;
    }
    if (batch.report) found.report = batch.report;
  }
  return found;
}

/** Refuses files that are no tables at all, by their first bytes. */
export async function refuseForeign(file) {
  if (file.size === 0) throw new Refusal(`${file.name} is empty.`);
  const bytes = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const begin = String.fromCharCode(...bytes);
  if (begin.startsWith('PK')) throw new Refusal(`${file.name} is a spreadsheet or an archive. Save it as CSV in the program that made it, then open that.`);
  if (begin.startsWith('%PDF')) throw new Refusal(`${file.name} is a PDF, not a table.`);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new Refusal(`${file.name} is packed. Unpack it, then open what is in it.`);
}
