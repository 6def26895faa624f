import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import { firstFailure } from './lib/check.mjs';
import { KIT, behavioursOf, manifest } from './lib/kit.mjs';

for (const feature of manifest.features) {
  test(`sealed cases: ${feature.title}`, async () => {
    const behaviours = behavioursOf(feature);
    assert.ok(behaviours.length > 0);
    for (const seed of [1, 2, 3]) assert.equal(await firstFailure(KIT, behaviours, { seed, variants: 3 }), null);
  });
}

test('the manifest names what is there', () => {
  for (const name of [...manifest.modules, ...manifest.features.flatMap((feature) => feature.behaviours)]) {
    assert.ok(fs.existsSync(path.join(KIT, name)), name);
  }
  const { markup, styles, script, files, serviceWorker, sample } = manifest.page;
  const shown = fs.readdirSync(path.join(KIT, 'page')).filter((name) => name !== 'README.md').map((name) => `page/${name}`);
  assert.deepEqual([markup, ...styles, script, ...files, serviceWorker, sample].sort(), shown.sort());
  const modules = fs.readdirSync(path.join(KIT, 'modules')).filter((name) => name.endsWith('.js')).map((name) => `modules/${name}`);
  assert.deepEqual([...manifest.modules].sort(), modules.sort());
});

test('what is sealed is small, and each case has a name of its own', () => {
  const behaviours = manifest.features.flatMap(behavioursOf);
  const ids = behaviours.map((behaviour) => behaviour.id);
  assert.equal(new Set(ids).size, ids.length);
  let count = 0;
  for (const behaviour of behaviours) {
    const all = [...behaviour.cases, ...(behaviour.properties ?? [])];
    assert.equal(new Set(all.map((one) => one.name)).size, all.length, behaviour.id);
    count += behaviour.cases.length + (behaviour.properties ?? []).reduce((sum, one) => sum + one.given.length, 0);
  }
  assert.ok(count <= 150, `${count} cases`);
});

test('modules use nothing but the language, and stay short', () => {
  for (const name of manifest.modules) {
    const text = fs.readFileSync(path.join(KIT, name), 'utf8');
    assert.ok(text.split('\n').length < 300, name);
    const code = text.replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
    assert.doesNotMatch(code, /\b(?:localeCompare|toLocale\w+|Intl|document|window|fetch|TextDecoder|setTimeout|console|performance|Date|Math\.random|eval)\b/, name);
    for (const [, from] of text.matchAll(/from '([^']+)'/g)) assert.match(from, /^\.\/[a-z]+\.js$/);
  }
});
