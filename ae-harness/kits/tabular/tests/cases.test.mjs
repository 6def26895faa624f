import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';

import { filter, sort } from '../modules/arrange.js';
import { bars } from '../modules/chart.js';
import { convert } from '../modules/convert.js';
import { detectDelimiter } from '../modules/detect.js';
import { nameEncoding } from '../modules/encoding.js';
import { merge } from '../modules/merge.js';
import { parse } from '../modules/read.js';
import { Reader } from '../modules/reader.js';
import { runRecipe } from '../modules/recipe.js';
import { repair } from '../modules/repair.js';

const base64 = (text) => Buffer.from(text).toString('base64');

/** Rows read from bytes that are cut in two at each place. */
function everyCut({ text }) {
  const bytes = Buffer.from(text);
  const results = new Set();
  for (let cut = 0; cut <= bytes.length; cut++) {
    const decoder = new TextDecoder();
    const reader = new Reader({ delimiter: ',' });
    const pieces = [decoder.decode(bytes.subarray(0, cut), { stream: true }), decoder.decode(bytes.subarray(cut))];
    results.add(JSON.stringify(pieces.flatMap((piece) => reader.push(piece)).concat(reader.end()).map((row) => row.cells)));
  }
  assert.equal(results.size, 1);
  return { rows: JSON.parse([...results][0]) };
}

const RUN = {
  parse: (given) => ({ ...parse(given), json: convert({ ...given, to: 'json' }).text }),
  decode: (given) => ({ encoding: nameEncoding({ bytes: Buffer.from(given.base64, 'base64') }).encoding }),
  detect: detectDelimiter,
  repair,
  convert: (given) => {
    const result = convert(given);
    return { ...result, base64: base64(result.text ?? '') };
  },
  merge,
  sort,
  filter,
  recipe: runRecipe,
  stream: everyCut,
  chart: bars,
};

/** The expected parts must be there; more may be. Arrays must have the same length. */
function includes(got, expected) {
  if (Array.isArray(expected)) return Array.isArray(got) && got.length === expected.length && expected.every((one, i) => includes(got[i], one));
  if (expected && typeof expected === 'object') return Boolean(got) && Object.keys(expected).every((key) => includes(got[key], expected[key]));
  return got === expected;
}

for (const line of fs.readFileSync(new URL('./cases.jsonl', import.meta.url), 'utf8').trim().split('\n')) {
  const { id, kind, given, expect, note } = JSON.parse(line);
  test(`${id}: ${note}`, () => {
    const { never, ...expected } = expect;
    // Decoding is the platform's; the name of the encoding is ours.
    if (kind === 'decode') delete expected.text;
    const got = RUN[kind](given);
    assert.ok(includes(got, expected), `${JSON.stringify(got)} instead of ${JSON.stringify(expected)}`);
    if (never === 'drop') assert.deepEqual(got.rows, parse(given).rows);
  });
}
