import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

import { firstFailure } from './lib/check.mjs';
import { KIT, behavioursOf, manifest, readJson } from './lib/kit.mjs';

/** A copy of the modules in which one has another text. */
function withModule(module, text) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tabular-'));
  fs.cpSync(path.join(KIT, 'modules'), path.join(folder, 'modules'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  fs.writeFileSync(path.join(folder, module), text);
  return folder;
}

async function failureWith(module, text, feature) {
  const folder = withModule(module, text);
  try {
    return await firstFailure(folder, behavioursOf(feature), { seed: 5, variants: 1, patience: 1500 });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const featureOf = (title) => manifest.features.find((feature) => feature.title === title);

test('there are enough mutants, of every feature', () => {
  const mutants = readJson('tests/mutants.json');
  assert.ok(mutants.length >= 40);
  assert.deepEqual(new Set(mutants.map((mutant) => mutant.feature)), new Set(manifest.features.map((feature) => feature.title)));
});

for (const mutant of readJson('tests/mutants.json')) {
  test(`caught: ${mutant.name}`, async () => {
    const text = fs.readFileSync(path.join(KIT, mutant.module), 'utf8');
    assert.equal(text.split(mutant.find).length, 2, 'the text to replace stands there once');
    assert.notEqual(await failureWith(mutant.module, text.replace(mutant.find, () => mutant.replace), featureOf(mutant.feature)), null);
  });
}

for (const cheat of readJson('tests/cheats.json')) {
  test(`caught: ${cheat.name}`, async () => {
    const feature = featureOf(cheat.feature);
    const known = behavioursOf(feature).filter((behaviour) => behaviour.module === cheat.module);
    const cases = known.flatMap((behaviour) => behaviour.cases.map((one) => [behaviour.export, one.given, one.expect]));
    const text = fs.readFileSync(path.join(KIT, 'tests', cheat.file), 'utf8').replace('/* CASES */ []', () => JSON.stringify(cases));
    assert.notEqual(await failureWith(cheat.module, text, feature), null);
  });
}
