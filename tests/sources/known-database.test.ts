import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { buildTasks } from '@millrace/shared/core/build-tasks';
import { DOUBTFUL_MS, filesOf, type KnownFile, type KnownFiles } from '@millrace/shared/core/known-file';
import type { TableDeclaration } from '@millrace/shared/core/pipeline';
import { makeSource, makeTable } from '@millrace/shared/testing/make-declarations';
import type { SourceSurvey } from '@millrace/sources/plan/source-survey';
import { surveySource } from '@millrace/sources/plan/survey-source';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** Stand where hash and ranges were: who finds them has not read the database. */
const NOT_READ = 'f'.repeat(64);
const NOT_CUT = [
  { from: 1, to: 5 },
  { from: 6, to: 9 },
];

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-known-db-')));
  file = path.join(folder, 'shop.db');
  change(
    'PRAGMA journal_mode = WAL',
    'CREATE TABLE items (id INTEGER PRIMARY KEY)',
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 600000) INSERT INTO items SELECT i FROM n',
    'CREATE TABLE few (id INTEGER)',
    'INSERT INTO few VALUES (1)',
  );
});
afterAll(() => rm(folder, { recursive: true }));

function change(...statements: readonly string[]): void {
  const db = new Database(file);
  for (const sql of statements) db.exec(sql);
  db.close();
}

const shopOf = (...tables: TableDeclaration[]) =>
  makeSource({ name: 'shop', type: 'sqlite', path: 'shop.db', tables });
const SHOP = shopOf(makeTable('items'), makeTable('few'));

/** What a survey leaves for the next one, which believes it to be made long after the file changed. */
function remember({ inputs, tables, partitions }: SourceSurvey): KnownFiles {
  const files = filesOf({ inputs, tables, tasks: buildTasks(partitions, [], [], []) }, 'shop');
  return new Map(
    files.map((known): [string, KnownFile] => {
      const hashedAt = new Date(Date.parse(known.hashedAt) + 2 * DOUBTFUL_MS).toISOString();
      return [
        known.path,
        { ...known, hashedAt, sha256: NOT_READ, ranges: { ...known.ranges, 'items-items': NOT_CUT } },
      ];
    }),
  );
}
const rangesOf = ({ partitions }: SourceSurvey, name: string) =>
  partitions.flatMap(({ read, table: of }) => (of === name && read.kind === 'relation' ? [read.range] : []));

it('neither hashes nor cuts a database again that did not change', async () => {
  const first = await surveySource(SHOP, folder);
  expect(rangesOf(first, 'items')).toEqual([
    { from: 1, to: 500_000 },
    { from: 500_001, to: 600_000 },
  ]);
  const second = await surveySource(SHOP, folder, remember(first));
  expect(second.inputs[0]?.sha256).toBe(NOT_READ);
  expect(rangesOf(second, 'items')).toEqual(NOT_CUT);
  expect(rangesOf(second, 'few')).toEqual([null]);
  expect(second.tables).toEqual(first.tables);
});

it('cuts what goes by a known name and is another relation', async () => {
  const first = await surveySource(SHOP, folder);
  const turned = shopOf(makeTable('items', { relation: 'few' }));
  expect(rangesOf(await surveySource(turned, folder, remember(first)), 'items')).toEqual([null]);
});

it('trusts nothing while changes stand in a log beside the database', async () => {
  const known = remember(await surveySource(SHOP, folder));
  const writer = new Database(file);
  try {
    writer.exec('INSERT INTO items VALUES (600001)');
    const survey = await surveySource(SHOP, folder, known);
    expect(survey.inputs[0]).toMatchObject({
      inUse: true,
      sha256: expect.not.stringContaining(NOT_READ) as string,
    });
    expect(rangesOf(survey, 'items').at(-1)).toEqual({ from: 500_001, to: 600_001 });
  } finally {
    writer.close();
  }
});
