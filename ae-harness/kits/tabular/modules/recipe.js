/** Runs recipes: steps that were saved once and are done again on other files. */

import { filter, sort, OPERATORS } from './arrange.js';
import { FORMATS, convert } from './convert.js';
import { KEEPS, merge } from './merge.js';
import { repair } from './repair.js';
import { columnAt, columnsAt, rowsOf } from './table.js';

const isText = (value) => typeof value === 'string';
const isList = (value, test) => Array.isArray(value) && value.every(test);
const isBy = (one) => isText(one?.column) && (one.as === undefined || one.as === 'text' || one.as === 'number');
const isWhere = (one) => isText(one?.column) && OPERATORS.includes(one.op) && (one.value === undefined || isText(one.value));
const isKey = (one) => isText(one) || (isText(one?.left) && isText(one?.right));

/** For each step, the parts that it needs. */
const STEPS = {
  repair: {},
  filter: { where: (value) => isList(value, isWhere) },
  sort: { by: (value) => isList(value, isBy) },
  keep: { columns: (value) => isList(value, isText) && value.length > 0 },
  drop: { columns: (value) => isList(value, isText) },
  rename: { column: isText, to: isText },
  merge: { with: isText, key: (value) => isList(value, isKey) && value.length > 0, keep: (value) => KEEPS.includes(value) },
  convert: { to: (value) => FORMATS.includes(value) },
};

/**
 * The mistakes of a recipe, all at once.
 * @param {{recipe: object[]}} given
 * @returns {{errors: {step: number, kind: string, message: string}[]}} steps are numbered from 1
 */
export function checkRecipe({ recipe }) {
  if (!Array.isArray(recipe)) return { errors: [{ step: 0, kind: 'no_recipe', message: 'A recipe is a list of steps.' }] };
  const errors = [];
  recipe.forEach((step, i) => {
    const name = step?.do;
    if (!isText(name) || !Object.hasOwn(STEPS, name)) {
      errors.push({ step: i + 1, kind: 'unknown_step', message: `Step ${i + 1}: “${name}” is not known; there are ${Object.keys(STEPS).join(', ')}.` });
      return;
    }
    for (const [part, test] of Object.entries(STEPS[name])) {
      if (!test(step[part])) errors.push({ step: i + 1, kind: 'bad_part', part, message: `Step ${i + 1} (${name}): “${part}” is missing or wrong.` });
    }
    if (name === 'repair' && i > 0) errors.push({ step: i + 1, kind: 'bad_place', message: `Step ${i + 1}: a repair comes first.` });
    if (name === 'convert' && i < recipe.length - 1) errors.push({ step: i + 1, kind: 'bad_place', message: `Step ${i + 1}: a conversion comes last.` });
  });
  return { errors };
}

/**
 * Runs a recipe on a file. A step that fails ends it: there is no output then.
 * @param {{recipe: object[], text?: string, rows?: string[][], delimiter?: string, tables?: Record<string, any>}} given
 * `tables`: the other tables, by the name under which a merge asks for them
 * @returns {{rows: string[][]} | {text: string} | {error: object}}
 */
export function runRecipe({ recipe, text, rows, delimiter, tables = {} }) {
  const { errors } = checkRecipe({ recipe });
  if (errors.length > 0) return { error: errors[0] };
  const repairs = recipe[0]?.do === 'repair' && rows === undefined;
  let table = repairs ? repair({ ...recipe[0], text, delimiter }).rows : rowsOf(rows ? { rows } : { text, delimiter });
  for (let i = 0; i < recipe.length; i++) {
    const result = run(recipe[i], table, tables);
    if (result.error) return { error: { step: i + 1, ...result.error } };
    if (result.text !== undefined) return result;
    table = result.rows;
  }
  return { rows: table };
}

function run(step, rows, tables) {
  const [names = []] = rows;
  switch (step.do) {
    case 'filter':
      return filter({ rows, where: step.where });
    case 'sort':
      return sort({ rows, by: step.by });
    case 'keep':
      return picked(rows, columnsAt(names, step.columns));
    case 'drop': {
      const { at, error } = columnsAt(names, step.columns);
      return error ? { error } : picked(rows, { at: names.map((_, i) => i).filter((i) => !at.includes(i)) });
    }
    case 'rename': {
      const { at, error } = columnAt(names, step.column);
      return error ? { error } : { rows: [names.map((name, i) => (i === at ? step.to : name)), ...rows.slice(1)] };
    }
    case 'merge':
      if (!Object.hasOwn(tables, step.with)) return { error: { kind: 'missing_table', table: step.with, message: `The table “${step.with}” is not at hand.` } };
      return merge({ left: rows, right: tables[step.with], key: step.key, keep: step.keep });
    case 'convert':
      return convert({ ...step, rows });
    default:
      return { rows };
  }
}

function picked(rows, { at, error }) {
  return error ? { error } : { rows: rows.map((row) => at.map((i) => row[i] ?? '')) };
}
