import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { copyToParquetSql, openEngine, readParquetSql } from '@millrace/shared/adapters/duckdb';
import { readManifest } from '@millrace/shared/contracts/manifest-v1';
import { writeJson } from '@millrace/shared/contracts/read-json';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import type { BatchReference } from '@millrace/shared/core/batch';
import type { Manifest } from '@millrace/shared/core/manifest';
import { afterEach, describe, expect, it } from 'vitest';

import { writeNumbers } from '../support/numbers-pipeline.ts';
import { queryRow } from '../support/published.ts';
import { startTestStack, type Service, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const ROWS = 2500;
const EXTRACT = 'extract-numbers-00001';
const MODEL = 'model-numbers_kept';

let stack: TestStack;
let pipeline: string;
afterEach(() => stack.stop());

async function startRun(services: readonly Service[]): Promise<string> {
  stack = await startTestStack(services);
  pipeline = await writeNumbers(stack.folder, ROWS);
  const { stdout, code } = await stack.cli('run', pipeline, '--json');
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { run: string }).run;
}

const bucket = (key: string) => path.join(stack.folder, 'home/bucket', key);
const reaches = (run: string, status: string) =>
  until(async () => (await stack.store.load(run)).status === status, `run ${run} is ${status}`);

/** Takes a row out of an object, and gives the reference under which nobody could tell by size or hash. */
async function takeRow(batch: BatchReference): Promise<BatchReference> {
  const file = bucket(batch.key);
  const engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
  try {
    const query = `SELECT * FROM ${readParquetSql([file])} LIMIT ${batch.rows - 1}`;
    await engine.run(copyToParquetSql(query, `${file}.forged`));
  } finally {
    await engine.close();
  }
  await rename(`${file}.forged`, file);
  const bytes = await readFile(file);
  return { ...batch, bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Takes a row out of a task's first object and writes it as it then is into the manifest. */
async function forge(run: string, task: string, change: (manifest: Manifest) => Manifest): Promise<void> {
  const file = bucket(bucketLayout.manifest(run, task));
  const manifest = readManifest(await readFile(file), file);
  const [output] = manifest.outputs;
  const [batch, ...batches] = output?.batches ?? [];
  if (output === undefined || batch === undefined) throw new Error(`${task} made no rows.`);
  const forged = { ...output, batches: [await takeRow(batch), ...batches] };
  await writeFile(file, writeJson(change({ ...manifest, outputs: [forged] })));
}

/** As if that row had never been. */
function withoutRow(manifest: Manifest): Manifest {
  const outputs = manifest.outputs.map(({ rows, batches: [first, ...rest], ...output }) => ({
    ...output,
    rows: rows - 1,
    batches: first === undefined ? [] : [{ ...first, rows: first.rows - 1 }, ...rest],
  }));
  return { ...manifest, outputs };
}

async function expectNothingPublished(run: string, sentence: string): Promise<void> {
  await reaches(run, 'failed');
  const { failure } = await stack.store.load(run);
  expect(failure?.error.code).toBe('conservation_broken');
  expect(failure?.error.message).toContain(sentence);
  await stack.settled();
  const database = path.join(pipeline, 'out.db');
  if (!existsSync(database)) return;
  const query = "SELECT count(*) AS tables FROM sqlite_schema WHERE name = 'numbers_kept'";
  expect(queryRow(database, query)).toEqual({ tables: 0 });
  expect(queryRow(database, 'SELECT count(*) AS loads FROM _millrace_loads')).toEqual({ loads: 0 });
}

describe('a run', () => {
  it('shows that every record and row is accounted for', async () => {
    const run = await startRun(['extractor', 'transformer', 'loader']);
    await reaches(run, 'published');
    const { stdout } = await stack.cli('status', run, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      warnings: [],
      balance: {
        balances: true,
        imbalances: [],
        files: [{ file: 'data/numbers.csv', seen: ROWS, accepted: ROWS, rejected: 0, balances: true }],
        files_total: 1,
        tables: [
          {
            table: 'numbers',
            made: ROWS,
            stored: ROWS,
            reads: [
              { by: 'check-numbers', rows: ROWS },
              { by: 'numbers_kept', rows: ROWS },
            ],
            loads: [],
          },
          {
            table: 'numbers_kept',
            made: ROWS,
            stored: ROWS,
            reads: [
              { by: 'check-numbers_kept', rows: ROWS },
              { by: 'load-1', rows: ROWS },
            ],
            loads: [{ destination: 0, inserted: ROWS, rows: ROWS }],
            balances: true,
          },
        ],
      },
    });
    expect((await stack.cli('status', run)).stdout).toContain('every record and every row is accounted for');
  });
});

describe('nothing is published when a row is taken out, whatever else is forged with it:', () => {
  it('a staged object, with its size and hash', async () => {
    const run = await startRun(['extractor']);
    await reaches(run, 'transforming');
    await forge(run, EXTRACT, (manifest) => manifest);
    await Promise.all([stack.start('transformer'), stack.start('loader')]);
    await expectNothingPublished(
      run,
      `'numbers' has ${ROWS} rows by its manifests, but ${ROWS - 1} in its objects`,
    );
  });

  it('a staged object, with all counts of rows', async () => {
    const run = await startRun(['extractor']);
    await reaches(run, 'transforming');
    await forge(run, EXTRACT, withoutRow);
    await Promise.all([stack.start('transformer'), stack.start('loader')]);
    await expectNothingPublished(run, `${ROWS} records accepted, ${ROWS - 1} rows made`);
  });

  it("a model's object, with its size and hash", async () => {
    const run = await startRun(['extractor', 'transformer']);
    await reaches(run, 'loading');
    await forge(run, MODEL, (manifest) => manifest);
    await stack.start('loader');
    await expectNothingPublished(run, `made ${ROWS} rows, but there are ${ROWS - 1} in its batches`);
  });

  it('the count of what a model read', async () => {
    const run = await startRun(['extractor', 'transformer']);
    await reaches(run, 'loading');
    const file = bucket(bucketLayout.manifest(run, MODEL));
    const manifest = readManifest(await readFile(file), file);
    await writeFile(file, writeJson({ ...manifest, reads: [{ table: 'numbers', rows: ROWS - 1 }] }));
    await stack.start('loader');
    await expectNothingPublished(
      run,
      `numbers: ${ROWS} rows in its batches, but numbers_kept read ${ROWS - 1}`,
    );
    const { stdout, code } = await stack.cli('status', run);
    expect(code).toBe(0);
    expect(stdout).toContain('not all is accounted for:');
  });
});
