import assert from 'node:assert/strict';
import test from 'node:test';

import { sort } from '../modules/arrange.js';
import { bars, chart } from '../modules/chart.js';
import { Survey, Writer, convert, readJson } from '../modules/convert.js';
import { merge } from '../modules/merge.js';
import { isSafeNumber, numberOf } from '../modules/numbers.js';
import { decodedTwice } from '../modules/values.js';

const rows = [['a', 'b', 'n'], ['x', 'y"', '1'], ['', '1\n2', '-2.5'], ['ü', '|<', '']];

test('a writer gives the same for any pieces', () => {
  for (const options of [{ to: 'csv' }, { to: 'csv', preset: 'spreadsheet' }, { to: 'tsv' }, { to: 'tsv', tabs: 'escaped' }, { to: 'json', types: 'safe' }, { to: 'jsonl' }, { to: 'markdown' }, { to: 'sql', table: 't' }]) {
    const [names, ...body] = rows;
    const survey = new Survey();
    for (const row of body) survey.push([row]);
    const writer = new Writer({ names, ...survey.result(), ...options });
    const pieces = body.map((row) => writer.push([row])).join('') + writer.end();
    assert.equal(pieces, convert({ rows, ...options }).text);
  }
});

test('an empty table is written too', () => {
  const texts = { csv: 'a,b\n', json: '[]', jsonl: '', markdown: '| a | b |\n| --- | --- |\n', sql: '' };
  for (const [to, text] of Object.entries(texts)) assert.equal(convert({ rows: [['a', 'b']], to }).text, text);
  assert.equal(convert({ text: '', to: 'json' }).text, '[]');
});

test('what JSON reads, JSON writes', () => {
  const text = '[{"a":"x","b":null},{"a":"","b":"\\u0000\\"\\ud83d\\ude00"}]';
  const table = readJson({ json: text });
  assert.deepEqual(JSON.parse(convert({ ...table, to: 'json', empty: 'null' }).text), JSON.parse(text));
});

test('JSON of all forms is a table', () => {
  assert.deepEqual(readJson({ json: '[]' }).rows, [[]]);
  assert.deepEqual(readJson({ json: ' ' }).rows, []);
  assert.deepEqual(readJson({ json: '[[1,"x"],[2]]' }).rows, [['column_1', 'column_2'], ['1', 'x'], ['2', '']]);
  assert.deepEqual(readJson({ json: '[1,"x",null]' }).rows, [['value'], ['1'], ['x'], ['']]);
  assert.deepEqual(readJson({ json: '{"a":1}' }).rows, [['a'], ['1']]);
  assert.deepEqual(readJson({ json: '[1]\n[2]' }).rows, [['column_1'], ['1'], ['2']]);
  assert.deepEqual(readJson({ json: '[{"__proto__":1,"constructor":2}]' }).rows, [['__proto__', 'constructor'], ['1', '2']]);
});

test('a mistake in JSON names its line', () => {
  for (const [json, line] of [['[{"a":1},\n{"a":}]', 2], ['[1,\n2', 2], ['{"a" 1}', 1], ['[{"a":1}\n\n{}]', 3], ['[1,]', 1], ["[{'a':1}]", 1]]) {
    const { error } = readJson({ json });
    assert.equal(error?.kind, 'bad_json', json);
    assert.equal(error.line, line, json);
  }
  assert.equal(readJson({ json: '['.repeat(100000) }).error.kind, 'bad_json');
});

test('numbers are only what is written the usual way', () => {
  for (const yes of ['0', '7', '-7', '0.5', '-0.5', '12.25', '9007199254740991', '123456789.123456']) assert.ok(isSafeNumber(yes), yes);
  for (const no of ['', '-0', '00', '01', '1.', '.5', '1.50', '1e5', '+1', ' 1', '9007199254740992', '0.1234567890123456', 'NaN', '1,5']) assert.ok(!isSafeNumber(no), no);
  assert.equal(numberOf('1.234,5', ','), 1234.5);
  assert.equal(numberOf('1,234'), null);
  assert.equal(numberOf('Infinity'), null);
});

test('spreadsheet text survives in every format', () => {
  const zip = [['zip'], ['00501']];
  for (const to of ['csv', 'tsv', 'json', 'jsonl', 'markdown', 'sql']) assert.match(convert({ rows: zip, to, types: 'safe' }).text, /00501/);
});

test('texts that were encoded twice are found, others left alone', () => {
  assert.equal(decodedTwice('MÃ¼ller'), 'Müller');
  assert.equal(decodedTwice('5 â‚¬ â€“ Ã…se'), '5 € – Åse');
  for (const text of ['Müller', 'Ãrger', 'Â', 'À la carte', '漢Ã¼']) assert.equal(decodedTwice(text), text);
});

test('a merge with all rows holds every row of both tables', () => {
  const left = [['k', 'a'], ['1', 'p'], ['2', 'q'], ['2', 'r'], ['', 's']];
  const right = [['k', 'b'], ['2', 'x'], ['3', 'y'], ['2', 'z'], ['', 'w']];
  const result = merge({ left, right, key: ['k'], keep: 'all' });
  const [, ...body] = result.rows;
  for (const row of left.slice(1)) assert.ok(body.some((one) => one[0] === row[0] && one[1] === row[1]));
  for (const row of right.slice(1)) assert.ok(body.some((one) => one[0] === row[0] && one[2] === row[1]));
  assert.equal(body.length, 1 + 4 + 1 + 1 + 1);
  assert.deepEqual(result.duplicate_keys.map(({ side }) => side), ['left', 'right']);
});

test('sorting is stable for many rows', () => {
  const body = Array.from({ length: 2000 }, (_, i) => [String(i % 7), String(i)]);
  const sorted = sort({ rows: [['k', 'i'], ...body], by: [{ column: 'k', as: 'number', down: true }] }).rows.slice(1);
  for (let i = 1; i < sorted.length; i++) {
    const [before, after] = [sorted[i - 1], sorted[i]];
    assert.ok(Number(before[0]) > Number(after[0]) || (before[0] === after[0] && Number(before[1]) < Number(after[1])));
  }
});

test('a chart holds no styles and no markup of its data', () => {
  const { svg, more } = chart({ rows: [['g', 'v'], ...Array.from({ length: 60 }, (_, i) => [`<script>"${i}\u0001`, String(i - 30)])], group: 'g', value: 'v' });
  assert.doesNotMatch(svg, /style|<script|\u0001|NaN|Infinity/);
  assert.match(svg, /<title [^>]*>v by g<\/title><desc /);
  assert.equal(more, 20);
  assert.deepEqual(bars({ rows: [['g']], group: 'g' }), { bars: [], left_out: 0 });
  assert.match(chart({ rows: [['g', 'v'], ['a', '0']], group: 'g', value: 'v' }).svg, /width="0"/);
});
