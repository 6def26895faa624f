import assert from 'node:assert/strict';
import test from 'node:test';

import { toCsv } from '../modules/convert.js';
import { mend, repair } from '../modules/repair.js';
import { random } from './lib/random.mjs';

const pick = random(2024);
const of = (list) => list[pick(list.length)];
const some = (length, row) => Array.from({ length }, (_, i) => row(i));

const TABLES = {
  addresses: () => [
    ['id', 'name', 'street', 'zip', 'joined', 'amount', 'note'],
    ...some(20, (i) => [
      String(i + 1),
      `${of(['Ann', 'Bob', 'Cleo', 'Dag', 'Eva', 'Finn'])} ${of(['Berg', 'Lund', 'Moe', 'Vik'])}`,
      `${of(['Main St', 'Elm Rd', 'Oak Ave'])} ${1 + pick(90)}${pick(4) ? '' : `, Flat ${1 + pick(9)}`}`,
      String(10000 + pick(89999)),
      `2024-0${1 + pick(9)}-1${pick(10)}`,
      (pick(9000) / 100).toFixed(2),
      of(['call back', 'new', 'paid in cash', 'see file 12', '', 'asked twice; wants blue']),
    ]),
  ],
  texts: () => [['town', 'river', 'remark'], ...some(12, () => [of(['Oslo', 'Bergen', 'Vik', 'Moss']), of(['Akerselva', 'Glomma', 'Otra']), of(['clean', 'very deep', 'cold, fast', 'nice'])])],
  numbers: () => [['a', 'b', 'c', 'd'], ...some(15, () => [100, 1000, 10, 9999].map((below) => String(pick(below))))],
};

const line = (row) => row.map((cell) => (/[,"\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
const any = (table) => 1 + pick(table.length - 1);
const withComma = (table) => of(table.map((_, i) => i).filter((i) => i > 0 && table[i].some((cell) => cell.includes(','))));

/** A table whose row `at` is written in another way; null if it has no such row. */
const broken = (table, at, write) => (at === undefined ? null : { rows: table, lines: table.map((row, i) => (i === at ? write(row) : line(row))) });
const changed = (table, at, row) => table.map((old, i) => (i === at ? row(old) : old));

const BREAK = {
  'a separator more': (table) => {
    const place = pick(table[0].length);
    return broken(table, any(table), (row) => [...row.slice(0, place), '', ...row.slice(place)].map((cell) => line([cell])).join(','));
  },
  'empty cells at the end': (table) => broken(table, any(table), (row) => `${line(row)},,`),
  'a comma without quotes': (table) => broken(table, withComma(table), (row) => row.join(',')),
  'a quote more': (table) => {
    const at = any(table);
    const place = pick(table[0].length);
    return table[at].some((cell) => cell.includes(',')) ? null : broken(table, at, (row) => row.map((cell, i) => (i === place ? `"${cell}` : cell)).join(','));
  },
  'a closing quote less': (table) => broken(table, withComma(table), (row) => row.map((cell) => (cell.includes(',') ? `"${cell}` : cell)).join(',')),
  'an opening quote less': (table) => broken(table, withComma(table), (row) => row.map((cell) => (cell.includes(',') ? `${cell}"` : cell)).join(',')),
  'another separator in a row': (table) => {
    const at = any(table);
    return table[at].some((cell) => /[,;]/.test(cell)) ? null : broken(table, at, (row) => row.join(';'));
  },
  'a line break without quotes': (table) => {
    const at = any(table);
    const places = table[at].map((_, i) => i).filter((i) => table[at][i].includes(' ') && !table[at][i].includes(','));
    const place = of(places);
    if (place === undefined) return null;
    const rows = changed(table, at, (row) => row.map((cell, i) => (i === place ? cell.replace(' ', '\n') : cell)));
    return broken(rows, at, (row) => row.map((cell, i) => (i === place ? cell : line([cell]))).join(','));
  },
  'a blank line': (table) => ({ rows: table, lines: table.map(line).toSpliced?.(3, 0, '') ?? [...table.slice(0, 3).map(line), '', ...table.slice(3).map(line)] }),
  'names repeated': (table) => ({ rows: table, lines: [...table.slice(0, 4), table[0], ...table.slice(4)].map(line) }),
  'a row in quotes': (table) => broken(table, any(table), (row) => `"${line(row).replaceAll('"', '""')}"`),
  'quotes not doubled': (table) => {
    const at = any(table);
    const rows = changed(table, at, (row) => [...row.slice(0, -1), 'say "hi" now']);
    return broken(rows, at, (row) => `${line(row.slice(0, -1))},"say "hi" now"`);
  },
  'quotes with backslashes': (table) => {
    const rows = table.map((row, i) => (i % 3 === 1 ? [...row.slice(0, -1), 'say "hi", now'] : row));
    return { rows, lines: rows.map((row, i) => (i % 3 === 1 ? `${line(row.slice(0, -1))},"say \\"hi\\", now"` : line(row))) };
  },
  'spaces around quotes': (table) => ({ rows: table, lines: table.map((row) => row.map((cell) => `"${cell}"`).join(', ')) }),
  'a last cell less': (table) => {
    const at = any(table);
    return broken(changed(table, at, (row) => [...row.slice(0, -1), '']), at, (row) => line(row.slice(0, -1)));
  },
};

/** Kinds where an honest guess can't know the place and asks. The least share that must come out right. */
const LEAST = { 'a separator more': 0.5, 'another separator in a row': 0.6, 'a line break without quotes': 0.7 };

for (const [name, make] of Object.entries(BREAK)) {
  test(`repairs or asks: ${name}`, (t) => {
    const count = { right: 0, asked: 0, wrong: 0 };
    for (const table of Object.values(TABLES)) {
      for (let run = 0; run < 60; run++) {
        const given = make(table());
        if (!given) continue;
        const text = `${given.lines.join('\n')}\n`;
        const { rows, asks } = repair({ text });
        if (asks.length > 0) count.asked += 1;
        else if (toCsv({ rows }).text === toCsv({ rows: given.rows }).text) count.right += 1;
        else count.wrong += 1;
        const once = mend({ text });
        assert.equal(mend(once).text, once.text);
      }
    }
    const all = count.right + count.asked + count.wrong;
    t.diagnostic(`${name}: ${count.right} right, ${count.asked} asked, ${count.wrong} wrong of ${all}`);
    assert.ok(count.right >= all * (LEAST[name] ?? 0.95), JSON.stringify(count));
    assert.ok(count.wrong <= all * 0.02, JSON.stringify(count));
  });
}
