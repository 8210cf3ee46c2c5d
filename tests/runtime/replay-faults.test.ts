import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, expect, it } from 'vitest';

import { queryRow } from '../support/published.ts';
import { startTestStack, type TestStack, type TestWorker } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const RECORDS = 120_000;

let stack: TestStack;
let pipeline: string;
afterEach(() => stack.stop());

/** All records but one have text where a number is declared. */
async function writeNotes(type: string): Promise<void> {
  await writeFile(
    path.join(pipeline, 'pipeline.yml'),
    `name: notes
sources:
  notes:
    type: json
    path: data/notes.ndjson
    tables: { notes: { columns: { id: { type: integer }, note: { type: ${type} } } } }
batch: { rows: 1000 }
rejects: { max_ratio: 1 }
models: { kept: { load: append } }
destination: { type: sqlite, path: out.db }
`,
  );
}

async function startWithRejects(
  victim: 'extractor' | 'loader',
): Promise<{ root: string; worker: TestWorker }> {
  stack = await startTestStack(['transformer', victim === 'loader' ? 'extractor' : 'loader']);
  const worker = await stack.start(victim);
  pipeline = path.join(stack.folder, 'notes');
  await mkdir(path.join(pipeline, 'data'), { recursive: true });
  await mkdir(path.join(pipeline, 'models'));
  await writeFile(
    path.join(pipeline, 'models/kept.sql'),
    'SELECT id, CAST(note AS VARCHAR) AS note FROM notes',
  );
  const notes = Array.from({ length: RECORDS }, (_, id) =>
    JSON.stringify({ id, note: id === 0 ? 1 : `${'so it is written '.repeat(8)}${id}` }),
  );
  await writeFile(path.join(pipeline, 'data/notes.ndjson'), `${notes.join('\n')}\n`);
  await writeNotes('integer');
  const { stdout, stderr } = await stack.cli('run', pipeline, '--wait', '--json');
  expect(stderr).toBe('');
  await writeNotes('text');
  return { root: (JSON.parse(stdout) as { run: string }).run, worker };
}

async function requestReplay(root: string): Promise<string> {
  const { stdout, stderr } = await stack.cli('replay', root, '--json');
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { run: string }).run;
}

const inRun = (run: string, folder: string) =>
  readdir(path.join(stack.folder, 'home/bucket/runs', run, folder)).catch(() => []);
const isPublished = async (run: string) => (await stack.store.load(run)).status === 'published';

async function expectEachOnce(root: string): Promise<void> {
  expect(
    queryRow(
      path.join(pipeline, 'out.db'),
      'SELECT count(*) AS n, count(DISTINCT id) AS ids, count(DISTINCT _run_id) AS runs FROM kept_latest',
    ),
  ).toEqual({ n: RECORDS, ids: RECORDS, runs: 2 });
  const { stdout } = await stack.cli('replay', root);
  expect(stdout).toContain('Nothing to replay');
}

it('a replay whose extractor is killed in the middle loads each record once', async () => {
  const { root, worker } = await startWithRejects('extractor');
  const run = await requestReplay(root);
  await until(async () => (await inRun(run, 'staged/notes')).length > 3, 'some batches are sealed');
  await worker.kill('SIGKILL');
  expect(await inRun(run, 'tasks')).toEqual([]);
  await stack.start('extractor');
  await until(() => isPublished(run), 'the replay is published');
  await expectEachOnce(root);
});

it('a replay whose loader is killed in the middle of its transaction loads each record once', async () => {
  const { root, worker } = await startWithRejects('loader');
  const run = await requestReplay(root);
  const log = path.join(pipeline, 'out.db-wal');
  await until(async () => (await stat(log).catch(() => ({ size: 0 }))).size > 1_000_000, 'rows are written');
  await worker.kill('SIGKILL');
  expect(await isPublished(run)).toBe(false);
  expect(queryRow(path.join(pipeline, 'out.db'), 'SELECT count(*) AS n FROM kept')).toEqual({ n: 1 });
  await stack.start('loader');
  await until(() => isPublished(run), 'the replay is published');
  await expectEachOnce(root);
});
