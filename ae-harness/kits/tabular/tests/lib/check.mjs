/** Checks behaviours against modules: cases as written, cases with other texts, and laws. */

import { Worker } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

/** Calls exports of modules in a realm of its own, each time with the module loaded again. */
export class Sandbox {
  constructor(folder, { patience = 5000 } = {}) {
    this.folder = folder;
    this.patience = patience;
    this.calls = 0;
    this.worker = new Worker(new URL('./sandbox.mjs', import.meta.url));
    this.worker.setMaxListeners(0);
  }

  /** `{value}`, or `{failed}` with a reason. */
  call(module, name, given) {
    const id = ++this.calls;
    return new Promise((resolve) => {
      const done = (answer) => {
        clearTimeout(timer);
        this.worker.off('message', onMessage);
        this.worker.off('error', onError);
        resolve(answer);
      };
      const onMessage = (message) => message?.id === id && done(message);
      const onError = (error) => done({ failed: `died: ${error?.message}` });
      const timer = setTimeout(() => done({ failed: 'timed out' }), this.patience);
      this.worker.on('message', onMessage);
      this.worker.on('error', onError);
      this.worker.postMessage({ id, url: `${pathToFileURL(path.join(this.folder, module))}?call=${id}`, name, given });
    });
  }

  close() {
    return this.worker.terminate();
  }
}

/** Whether two values are the same data. Objects are compared without order; anything that is no plain data differs. */
export function same(a, b) {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const proto = Array.isArray(a) ? Array.prototype : Object.prototype;
  if (Object.getPrototypeOf(a) !== proto || Object.getPrototypeOf(b) !== proto) return false;
  if (Array.isArray(a)) return a.length === b.length && a.every((value, i) => same(value, b[i]));
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

/** Random numbers from a seed. */
export function random(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SETS = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '123456789'];

/** Other texts of the same shape, distinct, and none of them in `data`. */
export function substitutes(texts, data, pick) {
  const taken = new Set(texts);
  const all = JSON.stringify(data);
  return texts.map((text) => {
    for (let tries = 0; tries < 1000; tries++) {
      const other = [...text].map((char) => {
        const set = SETS.find((one) => one.includes(char));
        return set ? set[pick(set.length)] : char;
      }).join('');
      if (taken.has(other) || all.includes(JSON.stringify(other).slice(1, -1))) continue;
      taken.add(other);
      return other;
    }
    return text;
  });
}

/** The data with each text in place of its counterpart, in values and names. */
export function replaced(data, texts, others) {
  if (texts.length === 0) return data;
  const pattern = new RegExp([...texts].sort((a, b) => b.length - a.length).map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  const swap = (text) => text.replace(pattern, (found) => others[texts.indexOf(found)]);
  const walk = (value) => {
    if (typeof value === 'string') return swap(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [swap(key), walk(part)]));
  };
  return walk(data);
}

function at(value, pointer) {
  return pointer.split('/').slice(1).reduce((part, key) => part?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], value);
}

async function holds(call, name, law, given) {
  const first = await call(name, given);
  if (first.failed) return first.failed;
  if (law.kind === 'round_trip' || law.kind === 'idempotent') {
    const [other, expected] = law.kind === 'round_trip' ? [law.back, given] : [name, first.value];
    const second = await call(other, first.value);
    return second.failed ?? (same(second.value, expected) ? null : 'does not hold');
  }
  const texts = (value, pointers) => pointers.flatMap((pointer) => at(value, pointer)?.map?.((one) => JSON.stringify(one)) ?? [undefined]);
  const from = texts(given, [law.from].flat());
  const to = texts(first.value, [law.to].flat());
  if (to.includes(undefined)) return 'no array there';
  if (law.kind === 'keeps_order') {
    let place = 0;
    for (const one of to) {
      place = from.indexOf(one, place) + 1;
      if (place === 0) return 'another order';
    }
    return null;
  }
  for (const one of from) {
    const place = to.indexOf(one);
    if (place < 0) return `lost ${one}`;
    to.splice(place, 1);
  }
  return null;
}

/** The first thing that fails in behaviours, or null. `variants`: how many times with other texts. */
export async function firstFailure(folder, behaviours, { seed = 1, variants = 1, patience } = {}) {
  const sandbox = new Sandbox(folder, { patience });
  const pick = random(seed);
  try {
    for (const behaviour of behaviours) {
      const call = (name, given) => sandbox.call(behaviour.module, name, given);
      for (const one of [...behaviour.cases, ...(behaviour.properties ?? [])]) {
        const { vary = [] } = one;
        for (let run = 0; run <= (vary.length > 0 ? variants : 0); run++) {
          const others = run === 0 ? vary : substitutes(vary, [one.given, one.expect], pick);
          const failure = await failureOf(call, behaviour, replaced(one, vary, others));
          if (failure) return `${behaviour.id}, ${one.name}${run > 0 ? `, with ${others}` : ''}: ${failure}`;
        }
      }
    }
    return null;
  } finally {
    await sandbox.close();
  }
}

async function failureOf(call, behaviour, one) {
  if (!one.law) {
    const answer = await call(behaviour.export, one.given);
    return answer.failed ?? (same(answer.value, one.expect) ? null : `gives ${JSON.stringify(answer.value)} instead of ${JSON.stringify(one.expect)}`);
  }
  for (const given of one.given) {
    const failure = await holds(call, behaviour.export, one.law, given);
    if (failure) return failure;
  }
  return null;
}
