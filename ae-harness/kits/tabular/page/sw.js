/**
 * Keeps the page working offline. It lies at the root of the site, so that it may answer for the whole page.
 *
 * The network comes first, so that a new release and a new list are seen at once; without a network the last good answer
 * is used. On installation it follows the page's own links to scripts, styles and icons, so that no list can get old.
 */

const CACHE = 'tool-1';
const SCOPE = new URL(self.registration.scope);
/** Not a part of the release: these answer for the moment, never for later. */
const LIVE = ['api/', 'checkout', 'interest', 'ended.json', 'thanks', '.well-known/', 'sw.js'];
const EXTRA = ['tool/licence.json'];

/** Addresses that a text of the site refers to. */
function references(text, base, isPage) {
  const patterns = isPage
    ? [/<link[^>]+(?:stylesheet|icon)[^>]+href="([^"]+)"/g, /<script[^>]+src="([^"]+)"/g]
    : [/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g, /new URL\(['"](\.\/[^'"]+)['"],\s*import\.meta\.url\)/g];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => new URL(match[1], base).href));
}

/** Fetches a file and everything it refers to into the cache. */
async function collect(cache, address, done) {
  const url = new URL(address, SCOPE);
  if (done.has(url.href) || url.origin !== SCOPE.origin) return;
  done.add(url.href);
  const answer = await fetch(url, { cache: 'no-cache' });
  if (!answer.ok) return;
  await cache.put(url.href, answer.clone());
  const type = answer.headers.get('content-type') ?? '';
  if (!/html|javascript/.test(type)) return;
  const found = references(await answer.text(), url, type.includes('html'));
  await Promise.all(found.map((next) => collect(cache, next, done)));
}

/** Whether an address may be answered from the cache. */
function isKept(request) {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== SCOPE.origin || !url.href.startsWith(SCOPE.href)) return false;
  const path = url.href.slice(SCOPE.href.length);
  return !LIVE.some((live) => path.startsWith(live));
}

/** The answer of the network, kept for later, or the last one. */
async function answerFor(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.type === 'basic' && !answer.redirected) await cache.put(request.url.split('#')[0], answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request.url.split('#')[0], { ignoreSearch: request.mode === 'navigate' });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener('install', (event) => {
  const collectAll = caches.open(CACHE).then((cache) => {
    const done = new Set();
    return Promise.all(['./', ...EXTRA].map((address) => collect(cache, address, done)));
  });
  event.waitUntil(collectAll.then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  const drop = caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))));
  event.waitUntil(drop.then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  if (isKept(event.request)) event.respondWith(answerFor(event.request));
  // Without a network the page goes by the last list that it read, and no failed request is reported.
  else if (event.request.url === new URL('ended.json', SCOPE).href) event.respondWith(fetch(event.request).catch(() => new Response('')));
});
