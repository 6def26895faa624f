/** Recipes: steps with a name, kept in this browser or in a file, and run again on another file. */

import { $, el, options, plural, save } from './dom.js';
import { choose, chosen } from './convert.js';
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

const isRecipe = (value) => value?.v === 1 && typeof value.name === 'string' && Array.isArray(value.recipe);

/** The steps at work now, as a recipe. */
function current(app, name) {
  const { repairs, merge } = app.summary;
  const recipe = [{ do: 'repair', ...repairs }];
  if (merge) recipe.push({ do: 'merge', ...merge });
  return { v: 1, name, recipe: [...recipe, ...app.steps, { do: 'convert', ...chosen() }] };
}

/** Connects the panel. */
export function bindRecipes(app) {
  const picked = () => kept().find(({ name }) => name === $('#tool-recipe-list').value);
  $('#tool-recipe-form').addEventListener('submit', (event) => {
    event.preventDefault();
    store(app, current(app, $('#tool-recipe-name').value.trim()));
  });
  $('#tool-recipe-download').addEventListener('click', () => {
    const name = $('#tool-recipe-name').value.trim() || 'recipe';
    save(new Blob([`${JSON.stringify(current(app, name), null, 2)}\n`], { type: 'application/json' }), `${name}.json`);
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
  app.watch(() => show(app));
  $('#tool-save-form').addEventListener('change', () => app.summary && show(app));
  list();
}

/** Shows the steps at work. */
function show(app) {
  $('#tool-steps').replaceChildren(...current(app, '').recipe.map((step) => el('li', {}, say(step))));
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
  if (ok) app.activity.say(`Kept "${recipe.name}" with ${plural(recipe.recipe.length, 'step')}.`);
  else app.activity.error('This browser keeps nothing for this page. Download the recipe instead.');
}

/** Takes a recipe from a file. */
async function load(app, file) {
  let recipe = null;
  try {
    recipe = JSON.parse(await file.text());
  } catch { /* Said below. */ }
  if (!isRecipe(recipe)) return app.activity.error(`${file.name} is not a recipe of this tool.`);
  const { errors } = await app.client.ask({ do: 'check', recipe: recipe.recipe });
  if (errors.length) return app.activity.error(`${file.name} cannot be used. ${errors.map(({ message }) => message).join(' ')}`);
  return store(app, recipe);
}

/** The parts of a recipe: decisions about repairs, a merge, the steps on rows, and how the result is saved. */
function partsOf(recipe) {
  const find = (name) => recipe.find((step) => step.do === name);
  const { accept = [], undo = [] } = find('repair') ?? {};
  const steps = recipe.filter((step) => !['repair', 'merge', 'convert'].includes(step.do));
  return { repairs: { accept, undo }, merge: find('merge') ?? null, steps, convert: find('convert') };
}

/** Puts a recipe to work on the table at hand. */
async function run(app, kept) {
  if (!kept) return;
  const { repairs, merge, steps, convert } = partsOf(kept.recipe);
  if (!await app.apply(steps, { repairs, merge })) return;
  fill(app.summary.source, steps);
  if (convert) choose(convert);
  app.activity.say(`Ran "${kept.name}": ${plural(app.summary.rows, 'row')}.`);
}
