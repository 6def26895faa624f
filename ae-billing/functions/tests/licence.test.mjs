import assert from 'node:assert/strict';
import test from 'node:test';

import { check } from '../../../ae-harness/kits/tabular/page/licence.js';
import licence from '../licence.js';
import { NOW, PROJECT, Stripe, TIERS, siteKey } from './stripe.mjs';

const DAY = 86400;
const SECRET = 'rk_test_secret0123456789';
const { secret, jwk } = await siteKey();

/** Runs a test against a server of its own, with what the function writes to its log. */
function against(name, body) {
  test(name, async (t) => {
    const stripe = await new Stripe().start();
    t.after(() => stripe.stop());
    const log = t.mock.method(console, 'error', () => {});
    const env = { AE_SITE_KEY: secret, AE_PROJECT: PROJECT, AE_TIERS: JSON.stringify(TIERS), AE_STRIPE_KEY: SECRET, AE_STRIPE_API_BASE: stripe.base };
    const post = async (text, { method = 'POST', headers = {}, changed = {} } = {}) => {
      const request = new Request('https://site.example/api/licence', { method, headers, body: method === 'POST' ? text : undefined });
      const answer = await licence(request, { ...env, ...changed });
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
      const body = await answer.text();
      for (const hidden of [SECRET, JSON.parse(secret).d, 'sub_1', 'pi_1', 'ch_1']) assert.ok(!body.includes(hidden), hidden);
      return { status: answer.status, headers: answer.headers, ...JSON.parse(body) };
    };
    const ask = (id, more) => post(JSON.stringify({ checkout: id }), more);
    await body({ stripe, ask, post, log });
    const logged = JSON.stringify(log.mock.calls.map((call) => call.arguments));
    for (const hidden of [SECRET, 'cs_test', 'sub_1']) assert.ok(!logged.includes(hidden), logged);
  });
}

/** The answer of the lock of a page, and the claims. */
async function opened(token) {
  const release = { project: PROJECT, tiers: ['lifetime', 'pro'], keys: [jwk] };
  const answer = await check(token, { release, now: NOW, seen: 0, ended: [], subtle: crypto.subtle });
  return { answer, claims: JSON.parse(Buffer.from(token.split('.')[1], 'base64url')) };
}

against('a single purchase gives a licence without an end that the page accepts', async ({ stripe, ask }) => {
  stripe.once('cs_test_a1');
  const { status, licence: token } = await ask('cs_test_a1');
  assert.equal(status, 200);
  const { answer, claims } = await opened(token);
  assert.deepEqual([answer.unlocked, answer.tier, answer.until], [true, 'lifetime', null]);
  assert.deepEqual(Object.keys(claims), ['v', 'project', 'tier', 'order', 'n', 'iat', 'nbf', 'exp']);
  assert.deepEqual([claims.n, claims.iat, claims.nbf], [1, NOW - 100, NOW - 100 - DAY]);
  assert.match(claims.order, /^ord_[0-9a-hjkmnp-tv-z]{26}$/);
  const [request] = stripe.requests;
  assert.equal(stripe.requests.length, 1);
  assert.deepEqual([request.method, request.path], ['GET', '/v1/checkout/sessions/cs_test_a1']);
  assert.deepEqual([...request.query], [['expand[0]', 'line_items'], ['expand[1]', 'subscription'], ['expand[2]', 'payment_intent.latest_charge']]);
  assert.deepEqual([request.headers.authorization, request.headers['stripe-version']], [`Bearer ${SECRET}`, '2026-10-28.endive']);
  const again = await opened((await ask('cs_test_a1')).licence);
  assert.deepEqual(again.claims, claims, 'asked for again, it is the same');
});

against('what was free of charge has no payment', async ({ stripe, ask }) => {
  stripe.once('cs_test_free', { payment_intent: null, payment_status: 'no_payment_required' });
  const { claims } = await opened((await ask('cs_test_free')).licence);
  assert.equal(claims.iat, NOW - 200);
});

against('a subscription is licensed until its period ends, and three days more', async ({ stripe, ask }) => {
  stripe.monthly('cs_test_m', { months: 3 });
  const { answer, claims } = await opened((await ask('cs_test_m')).licence);
  assert.deepEqual([answer.unlocked, claims.tier, claims.n, claims.iat], [true, 'pro', 3, NOW - 100]);
  assert.equal(claims.exp, NOW - 100 + 33 * DAY);
  assert.deepEqual(stripe.requests.map(({ path }) => path), ['/v1/checkout/sessions/cs_test_m', '/v1/invoices', '/v1/payment_intents/pi_3']);
});

against('a payment that went back pays for nothing, the one before still does', async ({ stripe, ask }) => {
  stripe.monthly('cs_test_m', { months: 3, back: [3] });
  const gone = await ask('cs_test_m');
  // The second month and its grace of three days are not over yet.
  const { claims } = await opened(gone.licence);
  assert.deepEqual([claims.n, claims.exp], [2, NOW - 100 + 3 * DAY]);
  stripe.monthly('cs_test_m', { months: 3, back: [2, 3] });
  assert.deepEqual((({ status, refusal }) => [status, refusal])(await ask('cs_test_m')), [410, 'expired']);
  stripe.monthly('cs_test_m', { months: 2, back: [1, 2] });
  assert.equal((await ask('cs_test_m')).refusal, 'refunded');
});

against('more than a page of invoices is counted', async ({ stripe, ask }) => {
  stripe.monthly('cs_test_m', { months: 250 });
  const { claims } = await opened((await ask('cs_test_m')).licence);
  assert.equal(claims.n, 250);
  assert.equal(stripe.requests.filter(({ path }) => path === '/v1/invoices').length, 3);
});

against('an upgrade counts from its invoice on', async ({ stripe, ask }) => {
  stripe.monthly('cs_test_m', {});
  const invoices = stripe.objects.invoices;
  stripe.objects.invoices = (query) => {
    const page = invoices(query);
    const { period } = page.data[0].lines.data[0];
    page.data[0].lines.data = [
      { amount: 2900, period, parent: { type: 'subscription_item_details' }, pricing: { price_details: { price: 'price_once' } } },
      { amount: -900, period, parent: { type: 'subscription_item_details', subscription_item_details: { proration: true } }, pricing: { price_details: { price: 'price_month' } } },
      { amount: 1, period: { ...period, end: period.end + DAY }, parent: { type: 'invoice_item_details' }, pricing: { price_details: { price: 'price_x' } } },
    ];
    return page;
  };
  const { claims } = await opened((await ask('cs_test_m')).licence);
  assert.deepEqual([claims.tier, claims.exp], ['lifetime', NOW - 100 + 33 * DAY]);
});

against('a period that is not stated follows the calendar from the payment on', async ({ stripe, ask }) => {
  stripe.monthly('cs_test_m', {});
  const invoices = stripe.objects.invoices;
  const paid = Date.UTC(2028, 0, 31, 10) / 1000;
  stripe.objects.invoices = (query) => {
    const page = invoices(query);
    page.data[0].status_transitions.paid_at = paid;
    page.data[0].lines.data[0].period.end = paid;
    return page;
  };
  for (const [interval, end] of [['month', '2028-02-29'], ['3_month', '2028-04-30'], ['year', '2029-01-31'], ['2_week', '2028-02-14'], ['day', '2028-02-01']]) {
    const changed = { AE_TIERS: JSON.stringify({ price_month: { tier: 'pro', interval } }) };
    const token = (await ask('cs_test_m', { changed })).licence;
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    assert.equal(new Date((exp - 3 * DAY) * 1000).toISOString(), `${end}T10:00:00.000Z`, interval);
  }
});

against('refusals have a name and a status', async ({ stripe, ask }) => {
  const cases = [
    ['waiting', 409, () => stripe.once('cs_test_x', { status: 'open', payment_status: 'unpaid' })],
    ['waiting', 409, () => stripe.once('cs_test_x', { payment_status: 'unpaid' })],
    ['expired', 410, () => stripe.once('cs_test_x', { status: 'expired', payment_status: 'unpaid' })],
    ['refunded', 410, () => stripe.once('cs_test_x', { charge: { refunded: true, amount_refunded: 2900 } })],
    ['unknown', 404, () => stripe.once('cs_test_x', { livemode: true })],
    ['unknown', 404, () => stripe.once('cs_test_x', { mode: 'setup' })],
    ['unknown', 404, () => stripe.once('cs_test_x', { line_items: { data: [{ price: { id: 'price_of_another' } }] } })],
    ['unknown', 404, () => stripe.once('cs_test_x', { line_items: { data: [{ price: { id: 'toString' } }] } })],
    ['unknown', 404, () => stripe.once('cs_test_x', { id: 'cs_test_other' })],
    ['waiting', 409, () => stripe.monthly('cs_test_x', { subscription: { status: 'incomplete' } })],
    ['waiting', 409, () => stripe.monthly('cs_test_x', { months: 0 })],
    ...['canceled', 'unpaid', 'paused', 'incomplete_expired'].map((status) => ['ended', 410, () => stripe.monthly('cs_test_x', { subscription: { status } })]),
  ];
  for (const [name, status, prepare] of cases) {
    prepare();
    const answer = await ask('cs_test_x');
    assert.deepEqual([answer.refusal, answer.status, answer.licence], [name, status, undefined], `${prepare}`);
  }
});

against('part of a payment that went back changes nothing', async ({ stripe, ask }) => {
  stripe.once('cs_test_p', { charge: { amount_refunded: 2899 } });
  assert.equal((await ask('cs_test_p')).status, 200);
});

against('a dispute that took the money locks, an inquiry and a won one do not', async ({ stripe, ask }) => {
  stripe.once('cs_test_d', { charge: { disputed: true } });
  for (const [status, refusal] of [['needs_response', 'disputed'], ['under_review', 'disputed'], ['lost', 'disputed'], ['won', undefined], ['warning_needs_response', undefined]]) {
    stripe.objects.disputes = { data: [{ id: 'dp_1', status }] };
    assert.equal((await ask('cs_test_d')).refusal, refusal, status);
  }
  delete stripe.objects.disputes;
  assert.equal((await ask('cs_test_d')).refusal, 'disputed', 'a key that may not read disputes');
});

against('ids are checked before they reach an address, and all that is unknown is answered alike', async ({ stripe, ask, post }) => {
  const bad = ['', 'cs_', 'cs_test_../customers', 'cs_test_a?expand=x', 'cs_test_a/line_items', 'pi_1', `cs_${'a'.repeat(251)}`, 'cs_test_ä', 'cs_test_a\n'];
  const answers = [await ask('cs_test_nothere')];
  for (const id of bad) answers.push(await ask(id));
  for (const { status, refusal } of answers) assert.deepEqual([status, refusal], [404, 'unknown']);
  assert.equal(stripe.requests.length, 1);
  for (const text of ['', 'x', '[]', 'null', '{}', '{"checkout":1}']) assert.equal((await post(text)).refusal, 'bad_request', text);
  assert.equal((await post(JSON.stringify({ checkout: 'cs_a', more: 'x'.repeat(2000) }))).refusal, 'too_large');
  assert.equal(stripe.requests.length, 1);
});

against('only pages of the site ask', async ({ stripe, ask }) => {
  stripe.once('cs_test_a');
  assert.equal((await ask('cs_test_a', { headers: { 'sec-fetch-site': 'cross-site' } })).refusal, 'elsewhere');
  assert.equal((await ask('cs_test_a', { headers: { 'sec-fetch-site': 'same-origin' } })).status, 200);
  const read = await ask('cs_test_a', { method: 'GET' });
  assert.deepEqual([read.status, read.refusal, read.headers.get('allow')], [405, 'method', 'POST']);
});

against('a provider that is away is said to be, and one that is busy says for how long', async ({ stripe, ask }) => {
  stripe.once('cs_test_a');
  for (const [status, refusal, code] of [[500, 'unavailable', 503], [503, 'unavailable', 503], [409, 'unavailable', 503], [429, 'busy', 429], [401, 'misconfigured', 500], [403, 'misconfigured', 500]]) {
    stripe.status = status;
    const answer = await ask('cs_test_a');
    assert.deepEqual([answer.refusal, answer.status], [refusal, code], String(status));
    if (status === 429) assert.equal(answer.headers.get('retry-after'), '7');
  }
  stripe.server.closeAllConnections();
  assert.equal((await ask('cs_test_a', { changed: { AE_STRIPE_API_BASE: 'http://127.0.0.1:9' } })).refusal, 'unavailable');
});

against('an environment that is not whole gives nothing away', async ({ stripe, ask }) => {
  stripe.once('cs_test_a');
  assert.equal((await ask('cs_test_a', { changed: { AE_STRIPE_KEY: '' } })).refusal, 'operator', 'another provider');
  const operators = JSON.stringify({ ...JSON.parse(secret), kid: '1' });
  for (const changed of [
    { AE_SITE_KEY: undefined }, { AE_SITE_KEY: 'x' }, { AE_SITE_KEY: JSON.stringify(jwk) }, { AE_SITE_KEY: operators }, { AE_TIERS: '' },
    { AE_PROJECT: 'x' }, { AE_STRIPE_KEY: 'whsec_1' }, { AE_STRIPE_API_BASE: 'http://api.example' },
  ]) {
    assert.equal((await ask('cs_test_a', { changed })).refusal, 'misconfigured', JSON.stringify(Object.keys(changed)));
  }
  assert.equal(stripe.requests.length, 0);
});
