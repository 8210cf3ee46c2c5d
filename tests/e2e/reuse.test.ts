import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { readPipelineFolder } from '@millrace/shared/adapters/pipeline-folder';
import { writeJson } from '@millrace/shared/contracts/read-json';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { makeRunId } from '@millrace/shared/core/run';
import { bundleHash } from '@millrace/shared/runtime/deploy';
import { openPlanMemory } from '@millrace/shared/runtime/plan-memory';
import type { RunState } from '@millrace/shared/runtime/run-store';
import { planRun } from '@millrace/sources/plan/run-planner';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { queryRows } from '../support/published.ts';
import { startTestStack, type TestStack, type TestWorker } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const PIPELINE = `sources:
  events:
    type: json
    path: data/events-*.json
    tables: { events: { columns: { id: { type: integer, required: true }, note: { type: text } } } }
  devices: { type: csv, path: data/devices.csv, tables: { devices: {} } }
  shop: { type: sqlite, path: data/shop.db, tables: { customers: {} } }
models:
  found: { load: append }
destination: { type: sqlite, path: out.db }
`;
const MODEL = `SELECT 'event' AS kind, id, length(note) AS size FROM events UNION ALL
  SELECT 'device', id, NULL FROM devices UNION ALL SELECT 'customer', id, NULL FROM customers\n`;
const ALL = [
  'extract-devices-00001',
  'extract-events-00001',
  'extract-events-00002',
  'extract-shop-customers-00001',
];

let stack: TestStack;
let extractor: TestWorker;
beforeAll(async () => {
  stack = await startTestStack(['transformer', 'loader']);
  extractor = await stack.start('extractor');
});
afterAll(() => stack.stop());

/** A pipeline of its own for each test: what one has read must not be known to the next. */
let pipeline: string;
let count = 0;
beforeEach(async () => {
  count += 1;
  pipeline = path.join(stack.folder, `reuse_${count}`);
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await mkdir(path.join(pipeline, 'data'));
  await writePipeline(PIPELINE);
  await writeFile(path.join(pipeline, 'models/found.sql'), MODEL);
  await writeFile(data('events-1.json'), eventLines(1));
  await writeFile(data('events-2.json'), `${eventLines(21)}{"id":"none","note":"bad"}\n`);
  await writeFile(data('devices.csv'), 'id,label\n1,Door\n2,Hall\n');
  changeShop(
    'CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)',
    "INSERT INTO customers VALUES (1, 'Ann')",
  );
});

const writePipeline = (text: string) =>
  writeFile(path.join(pipeline, 'pipeline.yml'), `name: ${path.basename(pipeline)}\n${text}`);
const data = (name: string) => path.join(pipeline, 'data', name);

/** More than half a partition, so that each file is one. */
const eventLines = (first: number) =>
  Array.from({ length: 17 }, (_, at) => `{"id":${first + at},"note":"${'x'.repeat(1024 * 1024)}"}\n`).join(
    '',
  );

function changeShop(...statements: readonly string[]): void {
  const db = new Database(data('shop.db'));
  for (const sql of statements) db.exec(sql);
  db.close();
}

async function runPipeline(...options: readonly string[]): Promise<RunState> {
  const { code, stdout, stderr } = await stack.cli('run', pipeline, '--wait', '--json', ...options);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stack.store.load((JSON.parse(stdout) as { run: string }).run);
}

/** Ids of the extract tasks that read their inputs themselves. */
function tasksThatRead({ manifests }: RunState): string[] {
  return [...manifests.values()]
    .filter(({ extracted }) => extracted !== null && extracted.reused === null)
    .map(({ task }) => task)
    .sort();
}

const publishedBy = ({ request }: RunState) =>
  queryRows(
    path.join(pipeline, 'out.db'),
    `SELECT kind, id, size FROM found WHERE _run_id = '${request.run}' ORDER BY 1, 2`,
  );

async function rejectsOf({ request }: RunState): Promise<unknown> {
  const { stdout } = await stack.cli('rejects', request.run, '--json');
  const { records_rejected, by_reason, samples } = JSON.parse(stdout) as Record<string, unknown>;
  return { records_rejected, by_reason, samples };
}

describe('a run over inputs that did not change', () => {
  it('takes over batches and rejects, publishes the same, and says so', async () => {
    const first = await runPipeline();
    expect(tasksThatRead(first)).toEqual(ALL);
    expect(publishedBy(first)).toHaveLength(37);
    const planned = JSON.parse((await stack.cli('plan', pipeline, '--json')).stdout) as {
      sources: { source: string; files_read: number; files_reused: number }[];
    };
    expect(planned.sources.map((s) => [s.source, s.files_read, s.files_reused])).toEqual([
      ['events', 0, 2],
      ['devices', 0, 1],
      ['shop', 0, 1],
    ]);

    const second = await runPipeline();
    expect(tasksThatRead(second)).toEqual([]);
    expect(publishedBy(second)).toEqual(publishedBy(first));
    expect(await rejectsOf(second)).toEqual(await rejectsOf(first));
    expect(await rejectsOf(second)).toMatchObject({ records_rejected: 1, by_reason: { type_mismatch: 1 } });
    const { stdout } = await stack.cli('status', second.request.run, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      records: { seen: 38, accepted: 37, rejected: 1 },
      reused: { partitions: 4, records: 38, from_runs: [first.request.run] },
    });
    expect((await stack.cli('status', second.request.run)).stdout).toContain(
      '38 records of them unchanged, taken over from earlier runs: 4 of 4 partitions',
    );
  });

  it('opens none of them: they may be gone once the run is planned', async () => {
    const first = await runPipeline();
    const bucket = await openFolderBucket(path.join(stack.folder, 'home/bucket'));
    const bundle = await readPipelineFolder(pipeline);
    const plannedAt = new Date().toISOString();
    const run = makeRunId(plannedAt, '0a1b2c3d');
    const memory = openPlanMemory(bucket, bundle.pipeline);
    const plan = await planRun({ bundle, bundleHash: bundleHash(bundle), run, plannedAt, memory });
    await rename(path.join(pipeline, 'data'), path.join(pipeline, 'gone'));
    await stack.store.commitPlan(plan);
    await bucket.createIfAbsent(
      bucketLayout.request(run),
      writeJson({ ...first.request, run, requestedAt: plannedAt }),
    );
    await until(async () => /published|failed/.test((await stack.store.load(run)).status), 'the run ends');
    const second = await stack.store.load(run);
    expect(second.failure).toBeNull();
    expect(publishedBy(second)).toEqual(publishedBy(first));
  });

  it('still counts their rejects against the limit', async () => {
    await runPipeline();
    await writePipeline(`${PIPELINE}rejects: { max_rows: 0 }\n`);
    const { code, stderr } = await stack.cli('run', pipeline, '--wait');
    expect(code).toBe(1);
    expect(stderr).toContain('reject_limit');
    const [run] = await stack.store.list(1);
    expect(tasksThatRead(await stack.store.load(run ?? ''))).toEqual([]);
  });

  it('reads them all with --full, and those batches are taken over from then on', async () => {
    await runPipeline();
    const full = await runPipeline('--full');
    expect(tasksThatRead(full)).toEqual(ALL);
    const next = await runPipeline();
    expect(tasksThatRead(next)).toEqual([]);
    const from = [...next.manifests.values()].flatMap(({ extracted }) => extracted?.reused?.run ?? []);
    expect(new Set(from)).toEqual(new Set([full.request.run]));
  });

  it('reads them when the earlier objects are gone, and says which', async () => {
    const first = await runPipeline();
    const staged = path.join(stack.folder, 'home/bucket/runs', first.request.run, 'staged/devices');
    await rm(staged, { recursive: true });
    const second = await runPipeline();
    expect(tasksThatRead(second)).toEqual(['extract-devices-00001']);
    expect(publishedBy(second)).toEqual(publishedBy(first));
    const warning = extractor.lines.find(({ msg }) => String(msg).startsWith('reads again'));
    expect(warning?.['msg']).toContain(`runs/${first.request.run}/staged/devices/`);
    expect(tasksThatRead(await runPipeline())).toEqual([]);
    await rm(path.join(stack.folder, 'home/bucket/runs', first.request.run), { recursive: true });
    expect(tasksThatRead(await runPipeline())).toEqual(ALL.slice(1));
  });
});

describe('a run over inputs of which one changed', () => {
  it('reads only what holds the changed file, also when size and time are as before', async () => {
    await runPipeline();
    const { atime, mtime } = await stat(data('events-1.json'));
    const text = await readFile(data('events-1.json'), 'utf8');
    await writeFile(data('events-1.json'), text.replace('"id":1,', '"id":9,'));
    await utimes(data('events-1.json'), atime, mtime);
    const second = await runPipeline();
    expect(tasksThatRead(second)).toEqual(['extract-events-00001']);
    expect(publishedBy(second).filter(({ id, kind }) => id === 9 && kind === 'event')).toHaveLength(2);
  });

  it('finds the files of the others under their new numbers', async () => {
    await runPipeline();
    await writeFile(data('events-0.json'), eventLines(100));
    const second = await runPipeline();
    expect(tasksThatRead(second)).toEqual(['extract-events-00001']);
    const counts = [...second.manifests.values()].flatMap(({ extracted }) => extracted?.files ?? []);
    const named = counts.map(({ input, seen }) => [second.plan?.inputs[input]?.name, seen]).sort();
    expect(named).toEqual([
      ['data/devices.csv', 2],
      ['data/events-0.json', 17],
      ['data/events-1.json', 17],
      ['data/events-2.json', 18],
      ['data/shop.db', 1],
    ]);
  });

  it('reads again what gets other columns', async () => {
    await runPipeline();
    const text = PIPELINE.replace('note: { type: text }', 'note: { type: text, required: true }');
    await writePipeline(text);
    expect(tasksThatRead(await runPipeline())).toEqual(['extract-events-00001', 'extract-events-00002']);
  });
});

describe('a run over a database', () => {
  it('reads it as long as changes stand in a log beside it, and once more after that', async () => {
    changeShop('PRAGMA journal_mode = WAL');
    await runPipeline();
    expect(tasksThatRead(await runPipeline())).toEqual([]);
    const writer = new Database(data('shop.db'));
    try {
      for (const id of [2, 3]) {
        writer.exec(`INSERT INTO customers VALUES (${id}, 'Bob')`);
        const run = await runPipeline();
        expect(tasksThatRead(run)).toEqual(['extract-shop-customers-00001']);
        expect(publishedBy(run).filter(({ kind }) => kind === 'customer')).toHaveLength(id);
      }
      expect(tasksThatRead(await runPipeline())).toEqual(['extract-shop-customers-00001']);
    } finally {
      writer.close();
    }
    const settled = await runPipeline();
    expect(tasksThatRead(settled)).toEqual(['extract-shop-customers-00001']);
    expect(publishedBy(settled).filter(({ kind }) => kind === 'customer')).toHaveLength(3);
    expect(tasksThatRead(await runPipeline())).toEqual([]);
  });
});
