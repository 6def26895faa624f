/**
 * The licence in this browser: where the token comes from, where it is kept, and whether it unlocks.
 *
 * Where the release names a function of its host (`licence` in `tool/licence.json`) and the licence came from a checkout
 * there, the function is asked again: once a day, and every hour once the paid period is over.
 */

import { check, endedOrders, locked } from './licence.js';

const BASE = new URL('../../', import.meta.url);
const HOUR = 3600_000;
const DAY_S = 86400;
/** A licence holds for three days after the paid period; from then on a new one may be there. */
const GRACE_S = 3 * DAY_S;
/** The refusals of the function that lock. Any other, such as a provider that is away, changes nothing. */
const REFUSALS = ['refunded', 'disputed', 'ended', 'expired'];

/** The content of the release's licence file: null if this product sells nothing, undefined if it cannot be read. */
async function loadRelease() {
  try {
    const answer = await fetch(new URL('tool/licence.json', BASE));
    if (answer.status === 404) return null;
    const release = await answer.json();
    const whole = release.v === 1 && typeof release.project === 'string' && Array.isArray(release.keys) && Array.isArray(release.tiers);
    return whole ? release : undefined;
  } catch {
    return undefined;
  }
}

/** Storage that does without when the browser refuses it. */
const store = {
  get(name) {
    try { return localStorage.getItem(name); } catch { return null; }
  },
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch { /* A private window without storage: the licence then lasts until the page is closed. */ }
  },
};

/** The token in the address, which is taken out of it so that it is not shared with the link. */
function fromAddress() {
  const match = /^#licence=([A-Za-z0-9_.-]+)$/.exec(location.hash);
  if (!match) return null;
  history.replaceState(history.state, '', location.pathname + location.search);
  return match[1];
}

/** Keeps the answer up to date; a page extends it by what shows the answer. */
export class Access {
  constructor() {
    this.answer = locked('none');
    this.release = undefined;
    this.listeners = [];
    this.token = null;
  }

  /** Whether the paid parts may be used. */
  get open() {
    return this.release === null || this.answer.unlocked;
  }

  /** Calls a function now and whenever the answer changes. */
  watch(listener) {
    this.listeners.push(listener);
    listener(this.open);
  }

  /** Loads the keys, reads a stored or arriving token, and judges it. */
  async start() {
    const arriving = fromAddress();
    this.release = await loadRelease();
    if (this.release) {
      this.token = store.get(this.name('token'));
      await this.judge(false);
      if (arriving) await this.take(arriving);
      await this.refresh();
    } else {
      this.answer = locked(this.release === null ? 'none' : 'unreadable');
      this.show();
    }
    addEventListener('hashchange', () => this.use(fromAddress()));
    setInterval(() => this.refresh(), HOUR);
  }

  /** The name of an entry in the browser's storage. */
  name(part) {
    return `${part}:${this.release.project}`;
  }

  /** The highest time noticed so far, in seconds. */
  seen() {
    return Number(store.get(this.name('seen'))) || 0;
  }

  /** Judges the token at hand; a new one that unlocks is stored. */
  async judge(isNew) {
    const now = Math.floor(Date.now() / 1000);
    const { release } = this;
    const subtle = globalThis.crypto?.subtle;
    const list = await endedOrders(store.get(this.name('ended')), release, subtle);
    this.answer = await check(this.token, { release, now, seen: this.seen(), ended: list?.orders ?? [], subtle })
      .catch(() => locked('malformed'));
    if (!subtle) this.answer = locked('insecure');
    const [reason, order] = (store.get(this.name('refused')) ?? '').split(' ');
    if (this.answer.unlocked && REFUSALS.includes(reason) && order === this.answer.order) this.answer = locked(reason);
    if (now > this.seen()) store.set(this.name('seen'), String(now));
    if (isNew && this.answer.unlocked) store.set(this.name('token'), this.token);
    this.show();
  }

  /** Asks whether what was paid still holds; offline, the last answer stays in force. */
  async refresh() {
    if (this.release?.ended) await this.refreshEnded();
    if (this.release?.licence) await this.renew();
  }

  /** Asks for the list of ended orders. */
  async refreshEnded() {
    const subtle = globalThis.crypto?.subtle;
    if (!subtle || !this.token) return;
    try {
      const answer = await fetch(new URL(this.release.ended, BASE), { cache: 'no-store' });
      const text = answer.ok ? await answer.text() : '';
      const [fresh, kept] = await Promise.all([
        endedOrders(text, this.release, subtle),
        endedOrders(store.get(this.name('ended')), this.release, subtle),
      ]);
      if (fresh && fresh.iat >= (kept?.iat ?? 0)) store.set(this.name('ended'), text.trim());
    } catch { /* Offline. */ }
    await this.judge(false);
  }

  /** Asks the function of the site for the licence of the checkout that led here. */
  async renew() {
    const checkout = store.get(this.name('checkout'));
    const now = Math.floor(Date.now() / 1000);
    const { unlocked, order, until } = this.answer;
    const isDue = !unlocked || (until !== null && now > until - GRACE_S);
    const asked = Number(store.get(this.name('asked'))) || 0;
    if (!checkout || (asked <= now && now - asked < (isDue ? HOUR / 1000 : DAY_S))) return;
    const said = await this.exchange(checkout);
    if (typeof said.licence === 'string') {
      store.set(this.name('asked'), String(now));
      store.set(this.name('refused'), null);
      await this.replace(said.licence);
    } else if (REFUSALS.includes(said.refusal)) {
      store.set(this.name('asked'), String(now));
      if (order) store.set(this.name('refused'), `${said.refusal} ${order}`);
      await this.judge(false);
    } else if (said.refusal) {
      // Asked again in an hour.
      store.set(this.name('asked'), String(now - DAY_S + HOUR / 1000));
    }
  }

  /** The answer of the function, empty without one. */
  async exchange(checkout) {
    try {
      const headers = { 'content-type': 'application/json' };
      const request = { method: 'POST', headers, body: JSON.stringify({ checkout }), cache: 'no-store' };
      return await (await fetch(new URL(this.release.licence, BASE), request)).json();
    } catch {
      return {};
    }
  }

  /** Takes a token that the visitor gave. */
  async use(token) {
    if (!token || !this.release) return;
    await this.take(token);
    await this.refresh();
  }

  /** Takes a new token. */
  async take(token) {
    await this.replace(token);
  }

  /** Judges a new token; if it does not unlock, the one that does stays. */
  async replace(token) {
    const before = this.answer.unlocked ? this.token : null;
    this.token = token;
    await this.judge(true);
    if (this.answer.unlocked || !before) return;
    this.token = before;
    await this.judge(false);
  }

  /** Removes the licence from this browser. */
  async forget() {
    this.token = null;
    for (const part of ['token', 'checkout', 'asked', 'refused']) store.set(this.name(part), null);
    await this.judge(false);
  }

  /** The state in words. */
  get sentence() {
    if (!this.answer.unlocked) return this.answer.text;
    const { until } = this.answer;
    return until === null ? 'Unlocked, without an end.' : `Unlocked until ${new Date(until * 1000).toISOString().slice(0, 10)}.`;
  }

  /** Whether a token was refused. */
  get refused() {
    return !this.open && this.answer.reason !== 'none';
  }

  /** Where a licence is bought. */
  get checkout() {
    return this.release?.checkout ?? 'checkout?tier=pro';
  }

  /** Writes the answer to the tool and calls the listeners. */
  show() {
    const { dataset } = document.getElementById('tool');
    dataset.licence = this.open ? 'unlocked' : 'locked';
    dataset.reason = this.open ? '' : this.answer.reason;
    for (const listener of this.listeners) listener(this.open);
  }
}
