/**
 * Where results grow: in a file of the origin-private file system, which keeps them out of memory, or where the browser
 * has none in a Blob.
 */

import { Refusal } from './input.js';

const FOLDER = 'tool-results';
const ENOUGH = 1 << 18;
const DAY = 86400_000;

/** The folder of results, or null. */
async function folder() {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch {
    return null;
  }
}

/** Removes what earlier visits left, for example after a crash. */
export async function sweep() {
  const place = await folder();
  if (!place) return;
  for await (const [name, handle] of place.entries()) {
    const { lastModified } = await handle.getFile().catch(() => ({ lastModified: 0 }));
    if (Date.now() - lastModified > DAY) await place.removeEntry(name).catch(() => {});
  }
}

/** A sink for a result of this type. The last result may still be on its way to the disk; the one before is given up. */
export async function openSink(type) {
  await Sink.before?.discard();
  Sink.before = Sink.last;
  const place = await folder();
  const name = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  const handle = await place?.getFileHandle(name, { create: true }).catch(() => null);
  const access = await handle?.createSyncAccessHandle?.().catch(() => null);
  Sink.last = access ? new DiskSink({ place, name, handle, access, type }) : new Sink(type);
  return Sink.last;
}

/** Collects text in a Blob. */
class Sink {
  static last = null;
  static before = null;

  constructor(type) {
    this.type = type;
    this.waiting = [];
    this.length = 0;
    this.parts = [];
    this.encoder = new TextEncoder();
  }

  /** Adds text. */
  write(text) {
    this.waiting.push(text);
    this.length += text.length;
    if (this.length >= ENOUGH) this.flush();
  }

  /** Hands on what is waiting. */
  flush() {
    if (this.length) this.put(this.encoder.encode(this.waiting.join('')));
    this.waiting = [];
    this.length = 0;
  }

  put(bytes) {
    this.parts.push(new Blob([bytes]));
  }

  /** The result. */
  async finish() {
    this.flush();
    return new Blob(this.parts, { type: this.type });
  }

  /** Gives the result up. */
  async discard() {
    this.parts = [];
  }
}

/** Collects text in a file. */
class DiskSink extends Sink {
  constructor({ place, name, handle, access, type }) {
    super(type);
    Object.assign(this, { place, name, handle, access, at: 0 });
  }

  put(bytes) {
    try {
      this.at += this.access.write(bytes, { at: this.at });
    } catch (error) {
      throw error.name === 'QuotaExceededError' ? new Refusal('The browser has no room left for the result. Free some space on the disk, then try again.') : error;
    }
  }

  async finish() {
    this.flush();
    this.access.flush();
    this.access.close();
    this.access = null;
    const file = await this.handle.getFile();
    return file.slice(0, file.size, this.type);
  }

  async discard() {
    this.access?.close();
    this.access = null;
    await this.place.removeEntry(this.name).catch(() => {});
  }
}
