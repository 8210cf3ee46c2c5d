import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, it } from 'vitest';

import { CODE_VERSION } from './version.ts';

const ROOT = path.resolve(import.meta.dirname, '../../../..');

it.each([
  '.',
  'packages/shared',
  'packages/sources',
  'packages/cli',
  'services/extractor',
  'services/transformer',
  'services/loader',
])('the version in the code is that of %s/package.json', async (workspace) => {
  const text = await readFile(path.join(ROOT, workspace, 'package.json'), 'utf8');
  expect((JSON.parse(text) as { version: string }).version).toBe(CODE_VERSION);
});
