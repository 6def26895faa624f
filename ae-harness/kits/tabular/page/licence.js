/**
 * The check of a licence token, with nothing but the platform's own cryptography.
 *
 * A token is a compact JWS, signed with ES256 by the seller. The public keys, the project and the tiers are part of the
 * release. The answer is data: unlocked, or locked with a reason and a sentence for the visitor.
 */

const DAY = 86400;

/** The sentence for each reason. */
const SENTENCES = {
  none: 'No licence is stored in this browser.',
  insecure: 'Licences cannot be checked on a plain http address. Open this page by https.',
  malformed: 'This is not a licence: it is incomplete or was changed. Copy the whole text from the receipt.',
  algorithm: 'This licence is signed in a way that this page does not accept.',
  unknown_key: 'This licence is signed with a key that this release does not know. Reload the page, then try again.',
  forged: 'The signature of this licence is not valid. Copy the whole text from the receipt.',
  version: 'This licence has a newer form than this page can read. Reload the page, then try again.',
  other_product: 'This licence belongs to another product.',
  other_tier: 'This licence is for a plan that does not exist here.',
  not_yet: 'This licence is not valid yet.',
  expired: 'This licence has expired. Renew the plan, then use the new licence from the receipt.',
  ended: 'The order of this licence was ended, for example by a refund.',
  refunded: 'The payment for this licence was refunded.',
  disputed: 'The payment for this licence is disputed at the bank.',
  clock: 'The clock of this computer is behind. Set it right, then try again.',
  unreadable: 'The keys for checking licences could not be loaded. Reload the page when you are online.',
};

/** A locked answer. */
export function locked(reason) {
  return { unlocked: false, reason, text: SENTENCES[reason] ?? SENTENCES.malformed };
}

/** The bytes of strict base64url text, or null: no padding, no other letters, no stray bits at the end. */
export function fromBase64url(text) {
  if (typeof text !== 'string' || !/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  const back = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return back === text ? bytes : null;
}

/** The object in a base64url part, or null. */
function readPart(text) {
  const bytes = fromBase64url(text);
  if (!bytes) return null;
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return value && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** The three parts of a compact JWS, read but not believed. */
function split(token) {
  const parts = typeof token === 'string' && token.length < 4096 ? token.split('.') : [];
  if (parts.length !== 3) return null;
  const [header, payload] = [readPart(parts[0]), readPart(parts[1])];
  const signature = fromBase64url(parts[2]);
  if (!header || !payload || signature?.length !== 64) return null;
  return { header, payload, signature, signed: new TextEncoder().encode(`${parts[0]}.${parts[1]}`) };
}

/** The payload of a text signed by one of the keys, or the reason why not. */
export async function open(token, keys, subtle) {
  const parts = split(token);
  if (!parts) return { reason: 'malformed' };
  const { header, payload, signature, signed } = parts;
  if (header.alg !== 'ES256' || Object.keys(header).some((name) => name !== 'alg' && name !== 'kid')) return { reason: 'algorithm' };
  const jwk = keys.find((key) => key.kid === header.kid && key.kty === 'EC' && key.crv === 'P-256');
  if (!jwk || typeof header.kid !== 'string') return { reason: 'unknown_key' };
  const curve = { name: 'ECDSA', namedCurve: 'P-256' };
  const { kty, crv, x, y } = jwk;
  const key = await subtle.importKey('jwk', { kty, crv, x, y }, curve, false, ['verify']);
  const good = await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, signed);
  return good ? { payload } : { reason: 'forged' };
}

/** Whether a value is a time in whole seconds. */
const isTime = (value) => Number.isSafeInteger(value) && value > 0;

/** The reason why a payload with a good signature does not unlock, or null. */
function judge(payload, { release, now, seen, ended }) {
  const { v, project, tier, order, iat, nbf, exp } = payload;
  if (v !== 1) return 'version';
  if (typeof order !== 'string' || !isTime(iat) || !isTime(nbf) || !(exp === null || isTime(exp))) return 'malformed';
  if (project !== release.project) return 'other_product';
  if (!release.tiers.includes(tier)) return 'other_tier';
  if (now < iat - DAY || now < seen - DAY) return 'clock';
  if (now < nbf) return 'not_yet';
  if (exp !== null && now >= exp) return 'expired';
  return ended.includes(order) ? 'ended' : null;
}

/**
 * Whether a token unlocks.
 *
 * `release` is the content of `tool/licence.json`, `now` and `seen` are seconds (`seen`: the highest time ever noticed
 * here), `ended` holds the orders that were ended.
 */
export async function check(token, { release, now, seen, ended, subtle }) {
  if (!token) return locked('none');
  if (!subtle) return locked('insecure');
  const opened = await open(token, release.keys, subtle);
  const reason = opened.reason ?? judge(opened.payload, { release, now, seen, ended });
  if (reason) return locked(reason);
  const { tier, order, exp } = opened.payload;
  return { unlocked: true, tier, order, until: exp };
}

/** The ended orders of a signed list, or null if it is not this product's list. */
export async function endedOrders(text, release, subtle) {
  if (!text || !subtle) return null;
  const { payload } = await open(text.trim(), release.keys, subtle);
  if (payload?.v !== 1 || payload.project !== release.project || !isTime(payload.iat) || !Array.isArray(payload.ended)) return null;
  return { iat: payload.iat, orders: payload.ended.filter((order) => typeof order === 'string') };
}
