/** Recipes: steps with a name, kept in this browser or in a file, and run again on another file. */

import { $, el, options, plural, save } from './dom.js';
import { chosen } from './convert.js';
import { bindFile } from './source.js';
import { fill, say } from './steps.js';

const NAME = 'tabular:recipes';

/** The kept recipes; anything else in the storage is ignored. */
function kept() {
  try {
    const list = JSON.parse(localStorage.getItem(NAME) ?? '[]');
    return Array.isArray(list) ? list.filter(isRecipe) : [];
  } catch {
    return [];
  }
}

/** Keeps a list of recipes; false if the browser refuses. */
function keep(list) {
  try {
    localStorage.setItem(NAME, JSON.stringify(list));
    return true;
  } catch {
    return false;
  }
}

const isRecipe = (value) => value?.v === 1 && typeof value.name === 'string' && Array.isArray(value.steps)
  && value.steps.every((step) => typeof step?.do === 'string');

/** Connects the panel. */
export function bindRecipes(app) {
  const current = (name) => ({ v: 1, name, steps: app.steps, save: chosen() });
  const picked = () => kept().find(({ name }) => name === $('#tool-recipe-list').value);
  $('#tool-recipe-form').addEventListener('submit', (event) => {
    event.preventDefault();
    store(app, current($('#tool-recipe-name').value.trim()));
  });
  $('#tool-recipe-download').addEventListener('click', () => {
    const name = $('#tool-recipe-name').value.trim() || 'recipe';
    save(new Blob([`${JSON.stringify(current(name), null, 2)}\n`], { type: 'application/json' }), `${name}.json`);
  });
  $('#tool-recipe-remove').addEventListener('click', () => {
    keep(kept().filter(({ name }) => name !== $('#tool-recipe-list').value));
    list();
    app.activity.say('Removed.');
  });
  $('#tool-recipe-run').addEventListener('click', () => run(app, picked()));
  bindFile($('#tool-recipe-next'), async (file) => {
    const recipe = picked();
    if (await app.open(file)) await run(app, recipe);
  });
  bindFile($('#tool-recipe-file'), (file) => load(app, file));
  app.watch(() => steps(app));
  list();
}

/** Shows the steps at work. */
function steps(app) {
  const lines = app.steps.map((step) => el('li', {}, say(step)));
  $('#tool-steps').replaceChildren(...(lines.length ? lines : [el('li', {}, 'Repair what can be repaired safely; no filter or sorting yet')]));
}

/** Shows the kept recipes. */
function list(chosenName) {
  const names = kept().map(({ name }) => name);
  options($('#tool-recipe-list'), names.length ? names : [['', 'None yet']], chosenName);
  for (const id of ['run', 'remove', 'next']) $(`#tool-recipe-${id}`).disabled = names.length === 0;
}

/** Keeps a recipe; one of the same name is replaced. */
function store(app, recipe) {
  const ok = keep([...kept().filter(({ name }) => name !== recipe.name), recipe]);
  list(recipe.name);
  if (ok) app.activity.say(`Kept "${recipe.name}" with ${plural(recipe.steps.length, 'step')}.`);
  else app.activity.error('This browser keeps nothing for this page. Download the recipe instead.');
}

/** Takes a recipe from a file. */
async function load(app, file) {
  let recipe = null;
  try {
    recipe = JSON.parse(await file.text());
  } catch { /* Said below. */ }
  if (!isRecipe(recipe)) return app.activity.error(`${file.name} is not a recipe of this tool.`);
  return store(app, recipe);
}

/** Puts the steps of a recipe to work on the table at hand. */
async function run(app, recipe) {
  if (!recipe) return;
  if (!await app.apply(recipe.steps)) return;
  fill(app.summary.source, recipe.steps);
  const format = $('#tool-format');
  if (recipe.save?.to && [...format.options].some(({ value }) => value === recipe.save.to)) {
    format.value = recipe.save.to;
    format.dispatchEvent(new Event('change', { bubbles: true }));
  }
  app.activity.say(`Ran "${recipe.name}": ${plural(app.summary.rows, 'row')}.`);
}
