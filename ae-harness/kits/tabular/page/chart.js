/** A bar chart as SVG: shown in the page's colours, saved in colours of its own. */

import { $, el, options, plural, save, svg } from './dom.js';

/** Connects the panel. */
export function bindChart(app) {
  const hide = () => {
    $('#tool-chart').hidden = true;
    $('#tool-chart-save').disabled = true;
  };
  app.watch((summary) => {
    const before = [$('#tool-chart-group').value, $('#tool-chart-value').value];
    options($('#tool-chart-group'), summary.columns, before[0]);
    options($('#tool-chart-value'), [['', 'the number of rows'], ...summary.columns.map((name) => [name, `sum of ${name}`])], before[1]);
    hide();
  });
  $('#tool-chart-form').addEventListener('submit', (event) => {
    event.preventDefault();
    draw(app);
  });
  $('#tool-chart-save').addEventListener('click', () => {
    const text = new XMLSerializer().serializeToString(standalone($('#tool-chart svg')));
    save(new Blob([text, '\n'], { type: 'image/svg+xml' }), `${app.summary.name.replace(/\.[^.]*$/, '')}-chart.svg`);
  });
}

/** Adds up and draws in the worker, then shows the drawing. */
async function draw(app) {
  const [group, value] = [$('#tool-chart-group').value, $('#tool-chart-value').value];
  const words = ({ bars }) => `Chart with ${plural(bars.length, 'bar')}.`;
  const result = await app.activity.run({ do: 'chart', group, value: value || null }, 'Adding up', words);
  if (!result) return;
  const picture = document.importNode(new DOMParser().parseFromString(result.svg, 'image/svg+xml').documentElement, true);
  const notes = [result.title];
  if (result.more) notes.push(`${plural(result.more, 'more bar')} not drawn`);
  if (result.left_out) notes.push(`${plural(result.left_out, 'cell')} left out: not a number`);
  $('#tool-chart').replaceChildren(picture, el('figcaption', {}, `${notes.join('. ')}.`));
  $('#tool-chart').hidden = false;
  $('#tool-chart-save').disabled = false;
}

/** The drawing with its own colours and ground, so that it is readable in any program. */
function standalone(picture) {
  const copy = picture.cloneNode(true);
  copy.setAttribute('color', '#1b1f24');
  copy.setAttribute('font-family', 'system-ui, sans-serif');
  const [, , width, height] = copy.getAttribute('viewBox').split(' ');
  copy.setAttribute('width', width);
  copy.setAttribute('height', height);
  for (const bar of copy.querySelectorAll('.bar')) {
    bar.setAttribute('fill', '#1f4fd8');
    bar.setAttribute('fill-opacity', '1');
  }
  copy.querySelector('desc')?.after(svg('rect', { width, height, fill: '#ffffff' }));
  return copy;
}
