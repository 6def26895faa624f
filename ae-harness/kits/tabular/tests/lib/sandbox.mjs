/** The worker's side of `Sandbox`. What it uses is taken before any module runs, because modules may be hostile. */

import { parentPort } from 'node:worker_threads';

const post = parentPort.postMessage.bind(parentPort);

parentPort.on('message', async ({ id, url, name, given }) => {
  try {
    const module = await import(url);
    if (typeof module[name] !== 'function') return post({ id, failed: 'no such export' });
    const value = await module[name](given);
    post({ id, value });
  } catch {
    post({ id, failed: 'threw' });
  }
});
