import assert from 'node:assert/strict';
import test from 'node:test';

import checkout from '../checkout.js';

const LINKS = { pro: 'https://buy.stripe.com/a', yearly: 'https://buy.stripe.com/b' };
const ask = (path, links = JSON.stringify(LINKS), method = 'GET') =>
  checkout(new Request(`https://site.example/api/checkout${path}`, { method }), links === null ? {} : { AE_LINKS: links });

test('a tier leads to its link, any other word to the first paid one', async () => {
  for (const [path, link] of [['?tier=yearly', LINKS.yearly], ['?tier=pro', LINKS.pro], ['', LINKS.pro], ['?tier=__proto__', LINKS.pro], ['?tier=toString', LINKS.pro], ['?tier=gone', LINKS.pro]]) {
    const answer = await ask(path);
    assert.equal(answer.status, 303, path);
    assert.equal(answer.headers.get('location'), link, path);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  }
});

test('nothing but GET and HEAD', async () => {
  assert.equal((await ask('', JSON.stringify(LINKS), 'HEAD')).status, 303);
  const answer = await ask('', JSON.stringify(LINKS), 'POST');
  assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD']);
});

test('without good links it is not on sale', async () => {
  for (const links of [null, '', '{', '{}', '[]', '{"pro":"javascript:alert(1)"}', '{"pro":"http://elsewhere.example/"}', '{"pro":1}']) {
    const answer = await ask('', links);
    assert.equal(answer.status, 503, String(links));
    assert.equal(answer.headers.get('location'), null);
  }
});
