/** A server on loopback that answers as Stripe does for what one test puts on it, and keeps the requests. */

import http from 'node:http';

const DAY = 86400;
/** The present of every test: whole seconds, so that periods end when they are said to. */
export const NOW = Math.floor(Date.now() / 1000);
export const PROJECT = '01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44';
export const TIERS = { price_once: { tier: 'lifetime', interval: 'one_time' }, price_month: { tier: 'pro', interval: 'month' } };

export class Stripe {
  constructor() {
    this.objects = {};
    this.requests = [];
    this.status = null;
  }

  async start() {
    this.server = http.createServer((request, response) => this.answer(request, response));
    await new Promise((done) => { this.server.listen(0, '127.0.0.1', done); });
    this.base = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  answer(request, response) {
    const url = new URL(request.url, this.base);
    this.requests.push({ method: request.method, path: url.pathname, query: url.searchParams, headers: request.headers });
    const path = url.pathname.slice('/v1/'.length);
    const found = typeof this.objects[path] === 'function' ? this.objects[path](url.searchParams) : this.objects[path];
    const status = this.status ?? (found ? 200 : 404);
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1', ...(status === 429 ? { 'retry-after': '7' } : {}) });
    response.end(JSON.stringify(status === 200 ? found : { error: { type: 'invalid_request_error', message: 'No such object' } }));
  }

  /** A single purchase that was paid 100 s ago. */
  once(id, { charge = {}, ...more } = {}) {
    this.objects[`checkout/sessions/${id}`] = {
      id, object: 'checkout.session', mode: 'payment', livemode: false, status: 'complete', payment_status: 'paid', created: NOW - 200,
      line_items: { data: [{ price: { id: 'price_once' } }] }, subscription: null,
      payment_intent: { id: 'pi_1', latest_charge: { id: 'ch_1', amount: 2900, amount_refunded: 0, refunded: false, disputed: false, created: NOW - 100, ...charge } },
      ...more,
    };
  }

  /** A subscription with paid months, the first `months` months ago; `back` names the months that went back. */
  monthly(id, { months = 1, back = [], subscription = {}, ...more } = {}) {
    this.objects[`checkout/sessions/${id}`] = {
      id, object: 'checkout.session', mode: 'subscription', livemode: false, status: 'complete', payment_status: 'paid', created: NOW - 30 * DAY * months,
      line_items: { data: [{ price: { id: 'price_month' } }] }, payment_intent: null,
      subscription: { id: 'sub_1', status: 'active', ...subscription }, ...more,
    };
    const all = Array.from({ length: months }, (_, month) => {
      const at = NOW - 100 - 30 * DAY * (months - 1 - month);
      const went = back.includes(month + 1);
      const latest = { id: `ch_${month + 1}`, amount: 900, amount_refunded: went ? 900 : 0, refunded: went, disputed: false };
      this.objects[`payment_intents/pi_${month + 1}`] = { id: `pi_${month + 1}`, latest_charge: latest };
      return {
        id: `in_${month + 1}`, created: at - 5, status: 'paid', status_transitions: { paid_at: at },
        lines: { data: [{ amount: 900, period: { start: at, end: at + 30 * DAY }, pricing: { price_details: { price: 'price_month' } } }] },
        payments: { data: [{ status: 'paid', payment: { type: 'payment_intent', payment_intent: `pi_${month + 1}` } }] },
      };
    }).reverse();
    this.objects.invoices = (query) => {
      const from = query.has('starting_after') ? all.findIndex((invoice) => invoice.id === query.get('starting_after')) + 1 : 0;
      const data = all.slice(from, from + Number(query.get('limit')));
      return { object: 'list', data, has_more: from + data.length < all.length };
    };
  }
}

/** A key of a site, and its public half. */
export async function siteKey(kid = '2') {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  return { secret: JSON.stringify({ kty, crv, x, y, d, kid, alg: 'ES256' }), jwk: { kty, crv, x, y, kid, alg: 'ES256' } };
}
