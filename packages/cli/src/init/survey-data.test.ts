import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { groupDataFiles } from './data-files.ts';
import { surveyData } from './survey-data.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-survey-'));
  await writeFile(path.join(folder, 'films.csv'), 'title,year\nAlpha,1999\n');
  await writeFile(path.join(folder, 'empty.json'), '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const survey = async (given: string) => surveyData(await groupDataFiles([given]), (file) => file);

test('a file without data is left out and named when the folder has others', async () => {
  const { sources, leftOut } = await survey(folder);
  expect(sources.map(({ name }) => name)).toEqual(['films']);
  expect(leftOut).toEqual([{ path: path.join(folder, 'empty.json'), reason: 'it is empty' }]);
});

test('without any data there is no pipeline to draft', async () => {
  await expect(survey(path.join(folder, 'empty.json'))).rejects.toMatchObject({
    code: 'usage',
    message: 'No table can be made of this data: it is empty.',
    where: path.join(folder, 'empty.json'),
  });
});
