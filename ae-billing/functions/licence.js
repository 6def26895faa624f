/**
 * The function behind `api/licence` of a site: it exchanges a paid checkout for a licence, and renews it.
 *
 * `POST {"checkout": "cs_…"}` is answered with `{"licence": "<jws>"}` or with `{"refusal": "<name>"}`. What was paid is
 * read from the payment provider at that moment, with a restricted key; the licence is the one that the seller's books
 * give for the same payments: the same claims, signed with the key of this site.
 *
 * Environment: `AE_SITE_KEY` (private JWK, its number is 2 or higher), `AE_PROJECT`, `AE_TIERS` (JSON, id of a price to
 * `{"tier", "interval"}`), `AE_STRIPE_KEY` (restricted key that reads checkout sessions, subscriptions, invoices, payment
 * intents, charges and disputes), `AE_STRIPE_API_BASE` (optional).
 */

const STRIPE_VERSION = '2026-10-28.endive';
const STRIPE = 'https://api.stripe.com';
const DAY = 86400;
/** How long a licence is valid after the paid period, and before the payment. */
const [GRACE, LEAD] = [3 * DAY, DAY];
const BODY_MAX = 1024;
const ANSWER_MAX = 8 * 1024 * 1024;
const PATIENCE_MS = 8000;
/** Pages of 100 invoices, and how many payments in a row may have gone back before the search ends. */
const [PAGES_MAX, BACK_MAX] = [10, 6];

/** The refusals with their status. What is not this site's is unknown, whatever it is. */
const STATUS = {
  bad_request: 400, elsewhere: 403, unknown: 404, method: 405, waiting: 409, refunded: 410, disputed: 410, ended: 410,
  expired: 410, too_large: 413, busy: 429, misconfigured: 500, operator: 501, unavailable: 503,
};

class Refusal extends Error {
  constructor(name, headers = {}) {
    super(name);
    Object.assign(this, { name, headers });
  }
}

/** A remark in the log of the host: never an id, a key or an answer. */
const remark = (text) => console.error(`api/licence: ${text}`);

// ---- the request ----

/** At most `most` bytes of a body as text. */
async function bounded(body, most, refusal) {
  if (!body) return '';
  const [reader, decoder] = [body.getReader(), new TextDecoder()];
  let [text, bytes] = ['', 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > most) {
      await reader.cancel();
      throw new Refusal(refusal);
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** The id of the checkout in a request of this site's own pages. */
async function asked(request) {
  if (request.method !== 'POST') throw new Refusal('method', { allow: 'POST' });
  const site = request.headers.get('sec-fetch-site');
  if (site && site !== 'same-origin') throw new Refusal('elsewhere');
  const text = await bounded(request.body, BODY_MAX, 'too_large');
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal('bad_request');
  }
  if (typeof value?.checkout !== 'string') throw new Refusal('bad_request');
  if (!/^cs_[A-Za-z0-9_]{1,250}$/.test(value.checkout)) throw new Refusal('unknown');
  return value.checkout;
}

/** What the environment says, checked as a whole. */
function settings(env) {
  if (!env.AE_STRIPE_KEY) throw new Refusal('operator');
  try {
    const [jwk, tiers] = [JSON.parse(env.AE_SITE_KEY), JSON.parse(env.AE_TIERS)];
    const mode = /^[rs]k_(live|test)_/.exec(env.AE_STRIPE_KEY)[1];
    const base = new URL(env.AE_STRIPE_API_BASE || STRIPE);
    const isNear = ['127.0.0.1', 'localhost', '[::1]'].includes(base.hostname);
    const isKey = jwk.kty === 'EC' && jwk.crv === 'P-256' && typeof jwk.d === 'string' && /^[1-9][0-9]{0,9}$/.test(jwk.kid);
    const isSafe = base.protocol === 'https:' || isNear;
    // Number 1 is the seller's own key, which never leaves the seller.
    if (!isKey || Number(jwk.kid) < 2 || !isSafe || !/^[0-9a-f-]{36}$/.test(env.AE_PROJECT)) throw new Error();
    return { jwk, tiers, live: mode === 'live', base: base.href.replace(/\/+$/, ''), key: env.AE_STRIPE_KEY, project: env.AE_PROJECT };
  } catch {
    remark('the environment is not complete: AE_SITE_KEY, AE_PROJECT, AE_TIERS, AE_STRIPE_KEY');
    throw new Refusal('misconfigured');
  }
}

// ---- the provider ----

/** One object of Stripe. What is not there is unknown; everything else is the provider's or the operator's affair. */
async function stripe({ base, key }, path, query) {
  const address = `${base}/v1/${path}?${new URLSearchParams(query)}`;
  const headers = { authorization: `Bearer ${key}`, 'stripe-version': STRIPE_VERSION };
  let response;
  let text;
  try {
    response = await fetch(address, { headers, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    text = await bounded(response.body, ANSWER_MAX, 'unavailable');
  } catch {
    throw new Refusal('unavailable', { 'retry-after': '5' });
  }
  if (response.ok) {
    try {
      return JSON.parse(text);
    } catch {
      throw new Refusal('unavailable', { 'retry-after': '5' });
    }
  }
  const { status } = response;
  if (path.startsWith('checkout/') && (status === 404 || status === 400)) throw new Refusal('unknown');
  remark(`the provider answered ${status} to ${path.split('/')[0]}, request ${response.headers.get('request-id') ?? 'without an id'}`);
  if (status < 500 && status !== 409 && status !== 429) throw new Refusal('misconfigured');
  const after = response.headers.get('retry-after');
  const wait = { 'retry-after': /^[0-9]{1,3}$/.test(after ?? '') ? after : '5' };
  throw new Refusal(status === 429 ? 'busy' : 'unavailable', wait);
}

const expand = (...paths) => paths.map((path, at) => [`expand[${at}]`, path]);

/** The id of an object that is expanded or not. */
const idOf = (value) => (typeof value === 'string' ? value : value?.id ?? null);

/** Why a charge no longer pays for anything, or null. */
async function gone(config, charge) {
  if (!charge) return null;
  if (charge.refunded || (charge.amount > 0 && charge.amount_refunded >= charge.amount)) return 'refunded';
  if (!charge.disputed) return null;
  try {
    const { data } = await stripe(config, 'disputes', [['charge', charge.id], ['limit', '10']]);
    // An inquiry takes no money; of a dispute that was won the money is back.
    const held = data.filter(({ status }) => ['needs_response', 'under_review', 'lost'].includes(status));
    const sum = held.reduce((total, { amount }) => total + (amount ?? charge.amount), charge.amount_refunded ?? 0);
    return held.length > 0 && sum >= charge.amount ? 'disputed' : null;
  } catch (error) {
    if (error.name === 'busy' || error.name === 'unavailable') throw error;
    return 'disputed';
  }
}

/** The line of an invoice that says what is paid for: of a change of plan the new one, the last that reaches furthest. */
function lineOf({ lines }) {
  const details = (line) => line.parent?.subscription_item_details ?? line;
  const of = (line) => line.parent?.type === 'subscription_item_details' || line.type === 'subscription';
  const rank = (line) => (details(line).proration ? 0 : 1e12) + (line.period?.end ?? 0);
  const all = lines?.data ?? [];
  return all.filter(of).reduce((best, line) => (best && rank(best) > rank(line) ? best : line), null) ?? all[0];
}

/** The end of the period that begins at `from`, in UTC, the day clamped to the month; null for a single purchase. */
function periodEnd(from, interval) {
  const [, count = '1', unit] = /^(?:([0-9]+)_)?(day|week|month|year)$/.exec(interval) ?? [];
  if (!unit) return null;
  const days = { day: 1, week: 7 }[unit];
  if (days) return from + Number(count) * days * DAY;
  const date = new Date(from * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + Number(count) * (unit === 'year' ? 12 : 1));
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return Math.floor(date / 1000);
}

/** The paid invoices of a subscription, newest first. */
async function paidInvoices(config, subscription) {
  const invoices = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const last = invoices.at(-1)?.id;
    const query = [['subscription', subscription], ['status', 'paid'], ['limit', '100'], ...expand('data.payments')];
    const { data, has_more: more } = await stripe(config, 'invoices', last ? [...query, ['starting_after', last]] : query);
    invoices.push(...data);
    if (!more || data.length === 0) break;
  }
  const paidAt = (invoice) => invoice.status_transitions?.paid_at ?? invoice.created;
  return invoices.map((invoice) => ({ invoice, at: paidAt(invoice) })).sort((a, b) => b.at - a.at);
}

/** The charge that paid an invoice; a free one has none. */
async function chargeOf(config, invoice) {
  const payment = (invoice.payments?.data ?? []).find(({ status }) => status === 'paid')?.payment;
  const intent = idOf(payment?.payment_intent);
  if (!intent) return null;
  return (await stripe(config, `payment_intents/${intent}`, expand('latest_charge'))).latest_charge;
}

/** What a subscription gives: the period of its latest payment that did not go back. */
async function subscribed(config, { subscription }, sold) {
  if (!subscription || subscription.status === 'incomplete') throw new Refusal('waiting');
  if (!['active', 'trialing', 'past_due'].includes(subscription.status)) throw new Refusal('ended');
  const paid = await paidInvoices(config, subscription.id);
  if (paid.length === 0) throw new Refusal('waiting');
  let reason;
  for (const [place, { invoice, at }] of paid.slice(0, BACK_MAX).entries()) {
    const why = await gone(config, await chargeOf(config, invoice));
    if (!why) {
      const line = lineOf(invoice);
      const price = idOf(line?.pricing?.price_details?.price ?? line?.price) ?? '';
      const { tier, interval } = Object.hasOwn(config.tiers, price) ? config.tiers[price] : sold;
      // The line of a metered price has the period that ended.
      const until = line?.period?.end > at ? line.period.end : periodEnd(at, interval);
      return { of: subscription.id, tier, number: paid.length - place, at, until };
    }
    reason ??= why;
  }
  throw new Refusal(reason);
}

/** What a single purchase gives. */
async function bought(config, session, sold) {
  const charge = session.payment_intent?.latest_charge;
  const why = await gone(config, charge);
  if (why) throw new Refusal(why);
  const of = idOf(session.invoice) ?? idOf(session.payment_intent) ?? session.id;
  return { of, tier: sold.tier, number: 1, at: charge?.created ?? session.created, until: null };
}

/** What a checkout of this site gives now. */
async function entitled(config, id) {
  const session = await stripe(config, `checkout/sessions/${id}`, expand('line_items', 'subscription', 'payment_intent.latest_charge'));
  if (session.id !== id || session.livemode !== config.live) throw new Refusal('unknown');
  const prices = (session.line_items?.data ?? []).map((item) => idOf(item.price) ?? '');
  const price = prices.find((name) => Object.hasOwn(config.tiers, name));
  if (price === undefined) throw new Refusal('unknown');
  if (session.status === 'expired') throw new Refusal('expired');
  const isPaid = ['paid', 'no_payment_required'].includes(session.payment_status);
  if (session.status !== 'complete' || !isPaid) throw new Refusal('waiting');
  const sold = config.tiers[price];
  if (session.mode === 'subscription') return subscribed(config, session, sold);
  if (session.mode === 'payment') return bought(config, session, sold);
  throw new Refusal('unknown');
}

// ---- the licence ----

const utf8 = (text) => new TextEncoder().encode(text);

/** Base64url without padding. */
function base64url(bytes) {
  const binary = String.fromCharCode(...bytes);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The order of an entitlement, as the seller's books name it: 130 bits of a digest over fields with their lengths. */
async function orderOf(entitlement) {
  const fields = ['billing-entitlement-order/1', entitlement].map(utf8);
  const bytes = fields.flatMap((field) => {
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(field.length));
    return [...length, ...field];
  });
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)));
  const bits = Array.from(digest, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const letter = (_, place) => '0123456789abcdefghjkmnpqrstvwxyz'[Number.parseInt(bits.slice(place * 5, place * 5 + 5), 2)];
  return `ord_${Array.from({ length: 26 }, letter).join('')}`;
}

/** The licence for what a checkout gives: a compact JWS, ES256. */
async function issue({ jwk, project }, { of, tier, number, at, until }) {
  const exp = until === null ? null : until + GRACE;
  if (exp !== null && exp <= Date.now() / 1000) throw new Refusal('expired');
  const order = await orderOf(`stripe:${of}`);
  const payload = { v: 1, project, tier, order, n: number, iat: at, nbf: at - LEAD, exp };
  const parts = [{ alg: 'ES256', kid: jwk.kid }, payload].map((part) => base64url(utf8(JSON.stringify(part))));
  const { kty, crv, x, y, d } = jwk;
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, utf8(parts.join('.')));
  return [...parts, base64url(new Uint8Array(signature))].join('.');
}

function answer(status, value, headers) {
  const common = { 'cache-control': 'no-store', 'content-type': 'application/json', 'x-content-type-options': 'nosniff', 'x-robots-tag': 'noindex' };
  return new Response(`${JSON.stringify(value)}\n`, { status, headers: { ...common, ...headers } });
}

/** Exchanges a checkout for a licence. */
export default async function licence(request, env) {
  try {
    const id = await asked(request);
    const config = settings(env);
    return answer(200, { licence: await issue(config, await entitled(config, id)) });
  } catch (error) {
    const known = error instanceof Refusal;
    if (!known) remark(`failed: ${error?.constructor?.name}`);
    const refusal = known ? error.name : 'unavailable';
    return answer(STATUS[refusal], { refusal }, known ? error.headers : {});
  }
}
