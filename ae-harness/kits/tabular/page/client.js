/** The main thread's side of the conversation with the worker. */

/** An error that the visitor may read. */
export class ToolError extends Error {
  constructor({ text, kind }) {
    super(text);
    this.kind = kind;
  }
}

/** Sends requests to the worker and gives each its answer. */
export class Client {
  constructor() {
    this.pending = new Map();
    this.last = 0;
  }

  /** Starts the worker ahead of the first request. */
  warm() {
    if (!this.worker) this.start();
  }

  /** Starts the worker. */
  start() {
    this.worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    this.worker.addEventListener('message', ({ data }) => this.take(data));
    this.worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.fail('The part of the page that reads files stopped. Open the file again; if it is very big, close other tabs first.');
    });
  }

  /** Sends a request; the promise has the number by which it can be cancelled. */
  ask(request, onProgress = () => {}) {
    this.warm();
    const id = ++this.last;
    const promise = new Promise((resolve, reject) => this.pending.set(id, { resolve, reject, onProgress }));
    this.worker.postMessage({ ...request, id });
    promise.id = id;
    return promise;
  }

  /** Asks the worker to end a request; its promise is then refused with the kind `cancelled`. */
  cancel(id) {
    this.worker?.postMessage({ cancel: id });
  }

  /** Hands a message to the request that waits for it. */
  take({ id, progress, result, error }) {
    const waiting = this.pending.get(id);
    if (!waiting) return;
    if (progress) return void waiting.onProgress(progress);
    this.pending.delete(id);
    if (error) waiting.reject(new ToolError(error));
    else waiting.resolve(result);
  }

  /** Refuses everything that waits; the next request starts a new worker. */
  fail(text) {
    this.worker.terminate();
    this.worker = null;
    for (const { reject } of this.pending.values()) reject(new ToolError({ text, kind: 'stopped' }));
    this.pending.clear();
  }
}
