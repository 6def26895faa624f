/** How the cells of each column look, learned from rows that are sound; and how well other cells fit in. */

import { kindOf, saysNothing, shapeOf } from './kinds.js';

/** From this number of rows on, the finer marks of a column count too. */
export const ENOUGH = 5;

/**
 * The looks of the columns.
 * @param {string[][]} rows rows of the same width, without names
 * @returns {object[]} plain data, one entry a column
 */
export function learnColumns(rows, width) {
  return Array.from({ length: width }, (_, i) => learnColumn(rows.map((row) => row[i]).filter((cell) => cell !== '')));
}

function learnColumn(all) {
  const cells = all.filter((cell) => !saysNothing(cell));
  const column = { kind: 'text', count: cells.length, comma: false, shape: null, longest: 0, marks: 0, spaced: false, digits: 0, values: null };
  if (cells.length === 0) return column;
  const kinds = cells.map(kindOf);
  const needed = cells.length < 20 ? cells.length : cells.length * 0.95;
  for (const kind of ['number', 'date', 'time', 'mail', 'link']) {
    const alike = kinds.filter((one) => one === kind || (kind === 'number' && one === 'comma'));
    if (alike.length >= needed) {
      column.kind = kind;
      column.comma = alike.includes('comma');
    }
  }
  for (const cell of cells) {
    column.longest = Math.max(column.longest, cell.length);
    column.marks |= marksOf(cell);
    column.spaced ||= cell.startsWith(' ');
  }
  const shapes = new Set(cells.map(shapeOf));
  if (shapes.size === 1 && !/^[a\s]*$/.test([...shapes][0])) [column.shape] = shapes;
  // The digits of most numbers vary; a fixed length means something from three on, as in a postal code.
  if (column.kind === 'number' && !/^9{3,}$/.test(column.shape ?? '')) column.shape = null;
  if (column.kind === 'text' && column.shape && cells.length >= ENOUGH) column.kind = 'code';
  const values = new Set(cells);
  if (cells.length >= 20 && values.size <= 16 && values.size * 4 <= cells.length) column.values = [...values];
  return column;
}

/** The classes of characters in a text, as bits. */
function marksOf(cell) {
  let marks = 0;
  for (let i = 0; i < cell.length; i++) {
    const code = cell.charCodeAt(i);
    if (code >= 48 && code <= 57) marks |= 1;
    else if (code === 32) marks |= 2;
    else if (code === 10 || code === 13) marks |= 4;
    else if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code > 127) marks |= 8;
    else marks |= 16;
  }
  return marks;
}

/**
 * How well cells fit their columns.
 * @returns {{hard: number, soft: number, odd: number, known: number}} cells that can't stand there, cells that look unlike
 * the others (`odd`: among values of a known kind), and cells of a kind that differs from text
 */
export function fitOf(columns, cells) {
  const fit = { hard: 0, soft: 0, odd: 0, known: 0 };
  for (let i = 0; i < columns.length; i++) {
    const cell = cells[i] ?? '';
    const column = columns[i];
    if (cell === '' || column.count === 0 || saysNothing(cell)) continue;
    const misfit = misfitOf(column, cell);
    if (misfit === 2) fit.hard += 1;
    else if (misfit === 1) fit.soft += 1;
    if (misfit < 2 && column.kind !== 'text') {
      fit.known += 1;
      fit.odd += misfit;
    }
  }
  return fit;
}

/** 0: fits, 1: looks unlike the others, 2: can't stand there. */
function misfitOf(column, cell) {
  const { kind } = column;
  const enough = column.count >= ENOUGH;
  if (cell.startsWith(' ') && !column.spaced) return 2;
  if (kind === 'code') return shapeOf(cell) === column.shape ? 0 : 2;
  if (kind !== 'text') {
    const own = kindOf(cell);
    if (own !== kind && !(kind === 'number' && own === 'comma' && column.comma)) return 2;
    const unlike = column.shape ? shapeOf(cell) !== column.shape : cell.length > column.longest + 2;
    return enough && unlike ? 1 : 0;
  }
  if (!enough) return 0;
  if (column.values && !column.values.includes(cell)) return 1;
  if (marksOf(cell) & ~column.marks) return 1;
  return cell.length > column.longest * 3 + 20 ? 1 : 0;
}

/** The only reading that fits its columns, or null if none or several do. */
export function onlyFit(columns, readings) {
  const fits = readings.map((reading) => ({ reading, ...fitOf(columns, reading.cells) }));
  const loose = fits.filter((fit) => fit.hard === 0);
  const strict = loose.filter((fit) => fit.soft === 0);
  if (strict.length === 1) return strict[0].reading;
  return strict.length === 0 && loose.length === 1 ? loose[0].reading : null;
}
