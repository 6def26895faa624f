/**
 * The page to which a payment leads back: it exchanges the checkout in the address for a licence and keeps that where the
 * lock of the tool looks for it.
 *
 * The exchange is made by a function of the same site, which `tool/licence.json` names. The page may be closed and opened
 * again at any time: the same checkout always gives the licence for what is paid at that moment.
 */

const BASE = new URL('../', import.meta.url);
/** The seconds between tries while a payment is under way or the function is away. */
const DELAYS = [1, 2, 4, 8, 15, 30];

/** The sentence for each state. */
const SENTENCES = {
  working: 'Your payment is being checked.',
  none: 'This page belongs to a payment, and the address names none. Open it from the payment page, or by the link that you kept.',
  done: 'Thank you. Your payment is confirmed, and the tool is unlocked in this browser.',
  waiting: 'The payment is not confirmed yet. Some ways to pay take a while; this page looks again by itself.',
  unavailable: 'The payment could not be checked just now. This page looks again by itself.',
  offline: 'This device is offline. The payment is checked as soon as it is online again.',
  unknown: 'There is no such payment for this product. Open this page from the payment page, or by the link that you kept.',
  refunded: 'This payment was refunded, so there is no licence for it.',
  disputed: 'This payment is disputed at the bank, so there is no licence for it.',
  ended: 'This plan has ended. Choose a plan again to go on.',
  expired: 'This payment was not completed in time, or what it paid for is over. Choose a plan again to go on.',
  operator: 'The seller confirms payments by hand here and sends the licence with the receipt.',
  misconfigured: 'The seller has to set something right before payments can be checked. Your payment is not lost: open this page again later.',
};
/** The states after which the page looks again by itself. */
const AGAIN = ['waiting', 'unavailable', 'busy', 'offline'];

const $ = (id) => document.getElementById(`thanks-${id}`);
const seconds = () => Math.floor(Date.now() / 1000);

/** Storage that does without when the browser refuses it. */
const store = {
  get(name) {
    try { return localStorage.getItem(name); } catch { return null; }
  },
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch { /* A private window without storage: the link to the tool carries the licence. */ }
  },
};

/** The checkout in the address, which is taken out of it so that it is not shared by accident. */
function fromAddress() {
  const checkout = new URLSearchParams(location.search).get('checkout');
  if (location.search) history.replaceState(null, '', location.pathname);
  return checkout && /^[A-Za-z0-9_]{1,255}$/.test(checkout) ? checkout : null;
}

let checkout = fromAddress();
let [tries, timer] = [0, 0];

/** Shows a state. */
function show(state) {
  $('state').textContent = SENTENCES[state] ?? SENTENCES.unavailable;
  document.documentElement.dataset.thanks = state;
  $('retry').hidden = state === 'working' || state === 'done' || state === 'none';
}

/** Shows the ways to the tool: the licence goes along, for browsers that keep nothing. */
function unlock(token) {
  $('open').firstElementChild.href = new URL(`#licence=${token}`, BASE).href;
  $('open').hidden = false;
  const link = new URL('thanks/', BASE);
  link.searchParams.set('checkout', checkout);
  $('link').value = link.href;
  $('keep').hidden = false;
  show('done');
}

/** The answer of the site's function, as a state and perhaps a licence. */
async function exchange(path) {
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(new URL(path, BASE), { method: 'POST', headers, body: JSON.stringify({ checkout }), cache: 'no-store' });
    const said = await answer.json();
    if (answer.ok && typeof said.licence === 'string') return { state: 'done', licence: said.licence };
    return { state: typeof said.refusal === 'string' ? said.refusal : 'unavailable' };
  } catch {
    return { state: navigator.onLine ? 'unavailable' : 'offline' };
  }
}

/** What the release says: whose licences count, and which function gives them. */
async function loadRelease() {
  try {
    const answer = await fetch(new URL('tool/licence.json', BASE));
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Looks once, and again later where that can change the answer. */
async function look() {
  clearTimeout(timer);
  show('working');
  const release = await loadRelease();
  let state = navigator.onLine ? 'unavailable' : 'offline';
  if (release?.licence) {
    const name = (part) => `${part}:${release.project}`;
    checkout ??= store.get(name('checkout'));
    if (!checkout) {
      show('none');
      return;
    }
    const answer = await exchange(release.licence);
    if (answer.licence) {
      store.set(name('checkout'), checkout);
      store.set(name('token'), answer.licence);
      store.set(name('asked'), String(seconds()));
      store.set(name('refused'), null);
      unlock(answer.licence);
      return;
    }
    // Kept while it is under way, so that the page can be closed and opened again.
    if (answer.state === 'waiting') store.set(name('checkout'), checkout);
    ({ state } = answer);
  }
  show(state);
  if (!AGAIN.includes(state) && state in SENTENCES) return;
  timer = setTimeout(look, 1000 * DELAYS[Math.min(tries, DELAYS.length - 1)]);
  tries += 1;
}

$('retry').addEventListener('click', look);
$('link').addEventListener('focus', (event) => event.target.select());
addEventListener('online', () => timer && look());
look();
