/**
 * The function behind `api/checkout` of a site: it leads a buyer to the payment link of a tier.
 *
 * Environment: `AE_LINKS`, a JSON object from tier to payment link, the first paid tier first.
 */

/** The links by tier, or null if the variable does not hold them. */
function links(text) {
  try {
    const entries = Object.entries(JSON.parse(text));
    return entries.length > 0 && entries.every(([, link]) => isLink(link)) ? new Map(entries) : null;
  } catch {
    return null;
  }
}

/** Whether a value is an address that a browser may be sent to: https, or http on this machine. */
function isLink(value) {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname));
}

function answer(status, headers, text) {
  const common = {
    'cache-control': 'no-store',
    'content-type': 'text/plain; charset=utf-8',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
  };
  return new Response(`${text}\n`, { status, headers: { ...common, ...headers } });
}

/** Redirects to the link of `?tier=`; an unknown tier is the first paid one. */
export default async function checkout(request, env) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return answer(405, { allow: 'GET, HEAD' }, 'Use GET.');
  }
  const known = links(env.AE_LINKS);
  if (!known) return answer(503, { 'retry-after': '60' }, 'This is not on sale yet. Please come back in a moment.');
  const tier = new URL(request.url, 'http://localhost').searchParams.get('tier');
  const link = known.get(tier) ?? known.values().next().value;
  return answer(303, { location: link }, 'The payment page is at the address in the header "location".');
}
