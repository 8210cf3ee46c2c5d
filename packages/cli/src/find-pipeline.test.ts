import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { readConfig } from '@millrace/shared/runtime/config';

import { readPipeline } from './find-pipeline.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-find-'));
  await mkdir(path.join(folder, 'storefront'));
  await writeFile(path.join(folder, 'storefront/pipeline.yml'), 'name: storefront\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (given: string) => readPipeline(given, readConfig({ MILLRACE_HOME: path.join(folder, 'home') }));

test('a path that is nearly right gets the right one as a suggestion', async () => {
  await expect(read(path.join(folder, 'storefrnt'))).rejects.toMatchObject({
    code: 'pipeline_not_found',
    message: `There is no folder '${path.join(folder, 'storefrnt')}'. Did you mean '${path.join(folder, 'storefront')}'?`,
  });
});

test('a folder without a pipeline says so', async () => {
  await expect(read(folder)).rejects.toMatchObject({
    code: 'pipeline_not_found',
    message: 'This folder has no pipeline.yml.',
    where: folder,
  });
});

test('a file is not taken for a folder', async () => {
  const file = path.join(folder, 'README.md');
  await writeFile(file, '');
  await expect(read(file)).rejects.toMatchObject({
    message: 'This is a file, not the folder of a pipeline.',
  });
});
