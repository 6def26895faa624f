/** The result: its beginning for the page, and the whole as a file. */

import { Survey, Writer } from '../modules/convert.js';
import { openSink } from './sink.js';

const TYPES = {
  csv: ['csv', 'text/csv'], tsv: ['tsv', 'text/tab-separated-values'], json: ['json', 'application/json'],
  jsonl: ['jsonl', 'application/jsonl'], markdown: ['md', 'text/markdown'], sql: ['sql', 'application/sql'],
};
/** Rows that become one piece of text: short pieces are put together three times as fast as long ones. */
const SLICE = 256;
const PREVIEW_ROWS = 12;
const PREVIEW_CHARACTERS = 4000;

/** The name of the result, never that of the source. */
function nameFor(source, ending) {
  const base = source.file.name.replace(/\.[^.]*$/, '') || 'table';
  return `${base}-tidy.${ending}`;
}

/** The settings of the writer, beyond the visitor's options: CSV keeps the source's line ends and quotes. */
function settings(view, source, options) {
  const kept = options.to === 'csv' ? { quotes: 'kept', line_end: options.preset ? undefined : source.plan.line_end } : {};
  return { names: view.header, header_quoted: view.headerQuoted, width: view.width, ...kept, ...options };
}

/** Whether a format must know the columns of numbers before it begins. */
const needsSurvey = ({ to, types }) => ['json', 'jsonl', 'sql'].includes(to) && (types ?? (to === 'sql' ? 'safe' : 'text')) === 'safe';

/** The beginning of the result. Numbers are judged by the rows that the page can show. */
export function previewOf(view, source, options) {
  const survey = new Survey();
  survey.push(view.shown.rows);
  const writer = new Writer({ ...settings(view, source, options), numbers: survey.result().numbers });
  const rows = view.shown.rows.slice(0, PREVIEW_ROWS);
  const begin = writer.push(rows, view.shown.quoted?.slice(0, PREVIEW_ROWS));
  const whole = rows.length === view.count;
  const text = (whole ? begin + writer.end() : `${begin.replace(/\s+$/, '')}\n…`).replace(/^\uFEFF/, '');
  return text.length > PREVIEW_CHARACTERS ? `${text.slice(0, PREVIEW_CHARACTERS)}…` : text;
}

/** Goes through all rows and finds the columns of numbers. */
async function survey(view, task) {
  const found = new Survey();
  for await (const { rows } of view.batches(task)) found.push(rows);
  return found.result().numbers;
}

/** Writes the whole result. */
export async function convertTo(view, source, options, task) {
  const numbers = needsSurvey(options) ? await survey(view, task) : [];
  const [ending, type] = TYPES[options.to];
  const writer = new Writer({ ...settings(view, source, options), numbers });
  const { file, rows } = await writeAll(view.batches(task), writer, type);
  return { file, rows, name: nameFor(source, ending) };
}

/** Puts batches through a writer into a file; a result that was cancelled is removed. */
export async function writeAll(batches, writer, type) {
  const sink = await openSink(type);
  let count = 0;
  try {
    for await (const { rows, quoted } of batches) {
      for (let at = 0; at < rows.length; at += SLICE) {
        sink.write(writer.push(rows.slice(at, at + SLICE), quoted?.slice(at, at + SLICE)));
      }
      count += rows.length;
    }
    sink.write(writer.end());
    return { file: await sink.finish(), rows: count };
  } catch (error) {
    await sink.discard();
    throw error;
  }
}
