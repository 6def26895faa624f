/** The state that the parts of the page share: the file at hand, its summary, and the requests that change it. */

import { $, plural, size } from './dom.js';

/** The state of the page. */
export class App {
  constructor(client, activity, lock) {
    Object.assign(this, { client, activity, lock, summary: null, file: null, steps: [], watchers: [] });
  }

  /** Takes back what the paid plan did when a licence ends. */
  close() {
    if (this.summary && (this.steps.length || this.summary.merge)) this.apply([], { merge: null });
  }

  /** Calls a function with the summary whenever it changes, and why: `open`, `decide`, `steps` or `merge`. */
  watch(watcher) {
    this.watchers.push(watcher);
  }

  /** Takes a new summary and lets every part show it. */
  async update(summary, why) {
    this.summary = summary;
    $('#tool').dataset.state = 'ready';
    $('#tool-drop').classList.add('tool-compact');
    $('#tool-work').hidden = false;
    await Promise.all(this.watchers.map((watcher) => watcher(summary, why)));
  }

  /** Sends a request that answers with a new summary; `keep` notes what led to it before it is shown. */
  async change(request, words, why, keep = () => {}) {
    const summary = await this.activity.run(request, words, (result) => this.words(result));
    if (!summary) return undefined;
    keep();
    await this.update(summary, why);
    return summary;
  }

  /** Opens a file, or the same one read in another way. */
  open(file, choice = {}) {
    return this.change({ do: 'open', file, choice }, `Reading ${file.name}`, 'open', () => {
      this.file = file;
      this.steps = [];
    });
  }

  /** Puts other steps (filter, sort, columns) to work; `more` of a recipe are decisions about repairs and a merge. */
  apply(steps, more = {}) {
    return this.change({ do: 'steps', steps, ...more }, 'Working through the rows', 'steps', () => { this.steps = steps; });
  }

  /** A summary in one sentence. */
  words({ name, bytes, rows, columns, seconds }) {
    return `${name}: ${size(bytes)}, ${plural(rows, 'row')}, ${plural(columns.length, 'column')}, ready in ${seconds.toFixed(1)} s.`;
  }
}
