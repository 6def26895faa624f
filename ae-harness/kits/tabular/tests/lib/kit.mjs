/** The kit's own files. */

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the kit. */
export const KIT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export const readJson = (name) => JSON.parse(fs.readFileSync(path.join(KIT, name), 'utf8'));

export const manifest = readJson('kit.json');
