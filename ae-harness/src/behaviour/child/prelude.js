// Makes a context the same every time, and hands out functions as they were before any module ran.
// The sources of time, chance and other threads go; so does making code from text, which the page's policy forbids too.
(() => {
  'use strict';
  const { defineProperty, getPrototypeOf, getOwnPropertyDescriptor } = Object;
  const define = (object, name, value) => defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });

  // A plain function in the place of Date: a subclass would lead back to the real one.
  const RealDate = Date;
  const { construct } = Reflect;
  const now = 1767225600000; // 2026-01-01T00:00:00Z
  const text = new RealDate(now).toString();
  const FixedDate = function Date(...given) {
    if (new.target === undefined) return text;
    return construct(RealDate, given.length === 0 ? [now] : given, new.target);
  };
  defineProperty(FixedDate, 'length', { value: 7 });
  FixedDate.prototype = RealDate.prototype;
  defineProperty(FixedDate, 'prototype', { writable: false });
  define(FixedDate.prototype, 'constructor', FixedDate);
  define(FixedDate, 'now', () => now);
  define(FixedDate, 'parse', RealDate.parse);
  define(FixedDate, 'UTC', RealDate.UTC);
  define(globalThis, 'Date', FixedDate);

  // mulberry32: small, and good enough for code that wants some numbers.
  const multiply = Math.imul;
  let state = 0x9e3779b9;
  define(Math, 'random', function random() {
    state = (state + 0x6d2b79f5) | 0;
    let t = multiply(state ^ (state >>> 15), 1 | state);
    t = (t + multiply(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  });

  for (const name of ['performance', 'Atomics', 'SharedArrayBuffer', 'WeakRef', 'FinalizationRegistry', 'eval']) {
    delete globalThis[name];
  }

  const refuse = function Function() { throw new TypeError('code can not be made from text here'); };
  refuse.prototype = Function.prototype;
  define(Function.prototype, 'constructor', refuse);
  define(globalThis, 'Function', refuse);
  for (const made of [async function () {}, function* () {}, async function* () {}]) {
    delete getPrototypeOf(made).constructor;
  }

  // Whether an object is of one of the built-in kinds, whatever its prototype says now. Each check throws on any other kind.
  const { call } = refuse.prototype;
  const uncurried = (f) => call.bind(f);
  const typed = getPrototypeOf(Uint8Array.prototype);
  const getter = (object, name) => getOwnPropertyDescriptor(object, name).get;
  const kinds = [
    Map.prototype.has, Set.prototype.has, WeakMap.prototype.has, WeakSet.prototype.has,
    getter(ArrayBuffer.prototype, 'byteLength'), getter(DataView.prototype, 'buffer'), getter(typed, 'length'),
    BigInt.prototype.valueOf, Symbol.prototype.valueOf,
  ].map(uncurried);
  const tag = uncurried(Object.prototype.toString);
  const special = (object) => {
    if (tag(object) !== '[object Object]') return true;
    for (let i = 0; i < kinds.length; i++) {
      try {
        kinds[i](object);
        return true;
      } catch {
        // Not of this kind.
      }
    }
    return false;
  };
  const stack = uncurried(getter(Error.prototype, 'stack'));
  return [getOwnPropertyDescriptor, Object.prototype, Array.prototype, special, stack];
})()
