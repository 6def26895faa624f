import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import { KIT, manifest } from './lib/kit.mjs';

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

test('modules use nothing but the language, and stay short', () => {
  for (const name of manifest.modules) {
    const text = fs.readFileSync(path.join(KIT, name), 'utf8');
    assert.ok(text.split('\n').length < 300, name);
    const code = text.replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
    assert.doesNotMatch(code, /\b(?:localeCompare|toLocale\w+|Intl|document|window|fetch|TextDecoder|setTimeout|console|performance|Date|Math\.random|eval)\b/, name);
    for (const [, from] of text.matchAll(/from '([^']+)'/g)) assert.match(from, /^\.\/[a-z]+\.js$/);
  }
});
