/** The entry of the page: builds the parts and connects them. */

import { Activity } from './activity.js';
import { App } from './app.js';
import { bindChart } from './chart.js';
import { ChangesView } from './changes.js';
import { Client } from './client.js';
import { bindConvert } from './convert.js';
import { $, $$, el } from './dom.js';
import { Lock } from './lock.js';
import { bindMerge } from './merge.js';
import { keepOffline } from './offline.js';
import { bindRecipes } from './recipes.js';
import { bindSource } from './source.js';
import { bindSteps } from './steps.js';
import { TableView } from './table.js';
import { bindTabs } from './tabs.js';

/** Puts a note with the way to the plan into every paid panel, and marks its tab. */
function markPaid() {
  for (const panel of $$('[data-tier="pro"]')) {
    const title = $('h3', panel).textContent;
    const note = el('div', { class: 'tool-lock', 'data-lock-note': '' },
      el('p', {}, 'This belongs to the paid plan.'),
      el('a', { 'data-checkout': '', href: 'checkout?tier=pro', 'aria-label': `Unlock it: ${title}` }, 'Unlock it'));
    $('[data-lock-slot]', panel).replaceChildren(note);
    $(`#${panel.getAttribute('aria-labelledby')}`).dataset.tier = 'pro';
    $('fieldset', panel).toggleAttribute('data-paid', true);
  }
}

/** Whether a request belongs to the paid plan. */
const isPaid = (request) => ['second', 'merge', 'unmatched', 'chart'].includes(request.do) || (request.do === 'steps' && request.steps.length > 0);

/** Starts the page. */
async function start() {
  markPaid();
  const client = new Client();
  const lock = new Lock();
  const app = new App(client, new Activity(client, (request) => lock.open || !isPaid(request)), lock);
  // A page that is only read costs nothing; the first move towards the tool starts the worker.
  for (const move of ['pointerenter', 'focusin', 'dragenter']) $('#tool').addEventListener(move, () => client.warm(), { once: true });
  bindTabs($('.tool-tabs'), () => {});
  bindSource(app);
  new TableView(app);
  new ChangesView(app);
  bindSteps(app);
  bindMerge(app);
  bindChart(app);
  bindRecipes(app);
  bindConvert(app);
  lock.watch((open) => open || app.close());
  await lock.start();
  $('#tool').dataset.offline = String(await keepOffline());
}

start();
