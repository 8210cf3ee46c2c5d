import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, expect, it } from 'vitest';

import { queryRow } from '../support/published.ts';
import { startTestStack, type TestStack, type TestWorker } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const RECORDS = 12_000;

/** What a worker is started with that can be stopped at a site. */
const STOPPING = {
  NODE_OPTIONS: `--import ${new URL('../chaos/stop-at.mjs', import.meta.url).href}`,
};

const ARMED = 'armed';

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
  const worker = await stack.start(victim, { ...STOPPING, CHAOS_ARM: path.join(stack.folder, ARMED) });
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

/** The next worker to come to such a site is stopped there. */
const stopNext = (site: string) => writeFile(path.join(stack.folder, ARMED), site);
const stopped = (worker: TestWorker, site: string) =>
  until(async () => (await readdir(stack.folder)).includes(`${ARMED}.${worker.pid}`), site);

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
  await stopNext('before link .*/staged/notes/.*00004[.]parquet');
  const run = await requestReplay(root);
  await stopped(worker, 'some batches are sealed, and the next is about to be');
  await worker.kill('SIGKILL');
  expect((await inRun(run, 'staged/notes')).length).toBeGreaterThan(3);
  expect(await inRun(run, 'tasks')).toEqual([]);
  await stack.start('extractor');
  await until(() => isPublished(run), 'the replay is published');
  await expectEachOnce(root);
});

it('a replay whose loader is killed in the middle of its transaction loads each record once', async () => {
  const { root, worker } = await startWithRejects('loader');
  await stopNext('before exec COMMIT .*out[.]db');
  const run = await requestReplay(root);
  await stopped(worker, 'all rows are written, and the transaction is about to be committed');
  await worker.kill('SIGKILL');
  expect(await isPublished(run)).toBe(false);
  expect(queryRow(path.join(pipeline, 'out.db'), 'SELECT count(*) AS n FROM kept')).toEqual({ n: 1 });
  await stack.start('loader');
  await until(() => isPublished(run), 'the replay is published');
  await expectEachOnce(root);
});
