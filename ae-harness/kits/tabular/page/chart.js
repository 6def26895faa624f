/** A bar chart as SVG, drawn with attributes alone so that the file looks the same everywhere. */

import { $, el, options, plural, save, svg } from './dom.js';

const MOST = 40;
const [WIDTH, ROW, LEFT, RIGHT] = [720, 26, 200, 90];

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
    const text = new XMLSerializer().serializeToString($('#tool-chart svg'));
    save(new Blob([text, '\n'], { type: 'image/svg+xml' }), `${app.summary.name.replace(/\.[^.]*$/, '')}-chart.svg`);
  });
}

/** Adds up in the worker, then draws. */
async function draw(app) {
  const [group, value] = [$('#tool-chart-group').value, $('#tool-chart-value').value];
  const words = ({ bars }) => `Chart with ${plural(bars.length, 'bar')}.`;
  const result = await app.activity.run({ do: 'chart', group, value: value || null }, 'Adding up', words);
  if (!result) return;
  const title = value ? `Sum of ${value} for each ${group}` : `Rows for each ${group}`;
  const bars = fold(result.bars);
  const notes = [];
  if (bars.length < result.bars.length) notes.push(`The ${MOST - 1} longest bars are drawn; "all others" holds the rest.`);
  if (result.left_out) notes.push(`${plural(result.left_out, 'cell')} left out: not a number.`);
  $('#tool-chart').replaceChildren(picture(bars, title), el('figcaption', {}, [title, ...notes].join('. ').replace('..', '.')));
  $('#tool-chart').hidden = false;
  $('#tool-chart-save').disabled = false;
}

/** At most as many bars as can be read: the longest stay in their order, the others become one. */
function fold(bars) {
  if (bars.length <= MOST) return bars;
  const longest = new Set([...bars].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, MOST - 1));
  const rest = bars.filter((bar) => !longest.has(bar)).reduce((sum, [, value]) => sum + value, 0);
  return [...bars.filter((bar) => longest.has(bar)), ['all others', rest]];
}

/** A number as people write it, without the noise of binary fractions. */
const number = (value) => String(Number(value.toPrecision(12)));

const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** The drawing. Its colours stand on its own white ground, so that the saved file is readable in any program. */
function picture(bars, title) {
  const height = 56 + bars.length * ROW;
  const low = Math.min(0, ...bars.map(([, value]) => value));
  const high = Math.max(0, ...bars.map(([, value]) => value));
  const scale = (WIDTH - LEFT - RIGHT) / (high - low || 1);
  const zero = LEFT + (0 - low) * scale;
  const words = bars.map(([name, value]) => `${name || '(empty)'}: ${number(value)}`).join('; ');
  const root = svg('svg', {
    xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: 'img', 'aria-label': `${title}. ${words}`,
    'font-family': 'system-ui, sans-serif', 'font-size': 13, fill: '#1b1f24',
  });
  root.append(svg('rect', { width: WIDTH, height, fill: '#ffffff', rx: 10 }));
  root.append(svg('text', { x: 20, y: 30, 'font-size': 16, 'font-weight': 650 }, title));
  for (const [at, [name, value]] of bars.entries()) {
    const y = 46 + at * ROW;
    const length = Math.abs(value) * scale;
    const end = value < 0 ? zero - length : zero + length;
    root.append(svg('text', { x: LEFT - 10, y: y + 15, 'text-anchor': 'end' }, cut(name || '(empty)', 26)));
    root.append(svg('rect', { x: Math.min(zero, end), y: y + 2, width: Math.max(length, 1), height: ROW - 7, rx: 3, fill: value < 0 ? '#b3490b' : '#1f4fd8' }));
    root.append(svg('text', { x: Math.max(zero, end) + 8, y: y + 15, fill: '#505a66' }, number(value)));
  }
  root.append(svg('line', { x1: zero, x2: zero, y1: 44, y2: height - 10, stroke: '#8a94a1' }));
  return root;
}
