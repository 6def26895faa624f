/** The worker: takes requests from the page and answers each with a result or an error that can be read. */

import { breathe, Cancelled } from './input.js';
import { Session } from './session.js';
import { sweep } from './sink.js';

const OFTEN = 60;

/** One request at work: says how far it is, and stops when the visitor wants it to. */
class Task {
  constructor(id) {
    this.id = id;
    this.stopped = false;
    this.said = performance.now();
  }

  /** Called between two pieces of work; throws if the task was cancelled. */
  async go(share, rows = 0) {
    const now = performance.now();
    if (now - this.said > OFTEN) {
      this.said = now;
      postMessage({ id: this.id, progress: { share: Math.min(share, 1), rows } });
      await breathe();
    }
    if (this.stopped) throw new Cancelled();
  }
}

const session = new Session();
const tasks = new Map();
const REQUESTS = new Set(['open', 'rows', 'changes', 'decide', 'steps', 'preview', 'convert', 'second', 'merge', 'unmatched', 'check', 'chart']);

/** An error as data. */
function describe(error) {
  if (error.kind) return { text: error.message, kind: error.kind };
  const text = error instanceof RangeError
    ? 'This is more than the browser can hold. Filter the rows or take a smaller file.'
    : `Something unexpected happened: ${error.message}. Open the file again.`;
  return { text, kind: 'unexpected' };
}

/** Answers one request. */
async function answer(request) {
  const task = new Task(request.id);
  tasks.set(request.id, task);
  try {
    if (!REQUESTS.has(request.do)) throw new Error(`no request ${request.do}`);
    postMessage({ id: request.id, result: await session[request.do](request, task) });
  } catch (error) {
    postMessage({ id: request.id, error: describe(error) });
  } finally {
    tasks.delete(request.id);
  }
}

self.addEventListener('message', ({ data }) => {
  if (!data.cancel) answer(data);
  else if (tasks.has(data.cancel)) tasks.get(data.cancel).stopped = true;
});

sweep().catch(() => {});
