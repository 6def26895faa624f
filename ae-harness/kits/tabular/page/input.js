/** Files as pieces of text, with progress and cancel. */

import { nameEncoding } from '../modules/encoding.js';

const HEAD = 64 * 1024;

/** Thrown when the visitor ends a task. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
    this.kind = 'cancelled';
  }
}

/** Thrown for what the visitor can do something about. */
export class Refusal extends Error {
  constructor(text, kind = 'refused') {
    super(text);
    this.kind = kind;
  }
}

/** Lets messages in, such as the one that cancels. */
export const breathe = () => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(null);
});

/** The encoding that the first bytes of a file name. */
export async function sniff(file) {
  const bytes = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  return nameEncoding({ bytes }).encoding;
}

/**
 * The text of a file, piece by piece. `task` is asked between two pieces whether to go on and is given the share that was
 * read. Bytes that are wrong in the encoding throw with the kind `encoding` if `strict`, else they become U+FFFD.
 */
export async function* pieces(file, encoding, { task, strict = false }) {
  let bytes = 0;
  const counter = new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      controller.enqueue(chunk);
    },
  });
  const reader = file.stream().pipeThrough(counter).pipeThrough(new TextDecoderStream(encoding, { fatal: strict })).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error) => Promise.reject(explain(error, file)));
      if (done) return;
      await task.go(file.size ? bytes / file.size : 1);
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Tells a wrong encoding from a file that cannot be read any more. */
function explain(error, file) {
  if (error instanceof TypeError) return new Refusal(`${file.name} is not in the encoding that was tried.`, 'encoding');
  return new Refusal(`${file.name} cannot be read any more: it was changed, moved or removed. Choose it again.`, 'unreadable');
}
