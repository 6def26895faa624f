/** Registers the service worker, which makes the page work without a network. */

/** Registers it where the browser allows it; the page works without it too. */
export async function keepOffline() {
  if (!('serviceWorker' in navigator)) return false;
  try {
    await navigator.serviceWorker.register(new URL('../../sw.js', import.meta.url));
    await navigator.serviceWorker.ready;
    return true;
  } catch {
    return false;
  }
}
