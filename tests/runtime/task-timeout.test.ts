import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { drafts, writeNumbers } from '../support/numbers-pipeline.ts';
import { queryRow } from '../support/published.ts';
import { ROOT, startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const ROWS = 100_000;
const FEW_ROWS = 1000;

let stack: TestStack;
let hanging: ChildProcess | null = null;
afterEach(async () => {
  if (hanging !== null && hanging.exitCode === null) hanging.kill('SIGKILL');
  hanging = null;
  await stack.stop();
});

const bucket = () => path.join(stack.folder, 'home/bucket');
const statusOf = async (run: string) => (await stack.store.load(run)).status;

async function request(pipeline: string): Promise<string> {
  const { stdout } = await stack.cli('run', pipeline, '--json');
  return (JSON.parse(stdout) as { run: string }).run;
}

async function expectPublished(pipeline: string, run: string): Promise<void> {
  await until(async () => (await statusOf(run)) === 'published', 'the run is published');
  const counted = queryRow(
    path.join(pipeline, 'out.db'),
    'SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM numbers_kept',
  );
  expect(counted).toEqual({ rows: FEW_ROWS, ids: FEW_ROWS });
}

describe('an extract that takes too long', () => {
  it('is ended and tried again, and ends its run with what it was and how far it got', async () => {
    stack = await startTestStack([], { MILLRACE_ATTEMPTS: '2' });
    const extractor = await stack.start('extractor', { MILLRACE_TASK_TIMEOUT_MS: '500' });
    // Batches so small that it takes seconds.
    const run = await request(await writeNumbers(stack.folder, ROWS, 20));
    await until(async () => (await statusOf(run)) === 'failed', 'the run has failed');
    const failure = await stack.store.failure(run, 1);
    expect(failure).toMatchObject({ attempts: 2, error: { code: 'task_timeout', where: `run ${run}` } });
    expect(failure?.error.message).toMatch(
      /^Task 'extract-numbers-00001' did not end within 500 ms: it had got to [1-9]\d* rows, \d+ batches, 0 rejects\.$/,
    );
    expect(extractor.lines.filter(({ code }) => code === 'task_timeout')).toHaveLength(2);
    expect(await drafts(bucket())).toEqual([]);
  });
});

describe('a task that hangs where no signal reaches it', () => {
  it('takes its worker with it, and is done by another', async () => {
    stack = await startTestStack(['transformer', 'loader']);
    const pipe = path.join(stack.folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    hanging = spawn(process.execPath, [path.join(ROOT, 'tests/support/hanging-extractor.mjs'), pipe], {
      env: {
        ...process.env,
        REDIS_URL: stack.redisUrl,
        MILLRACE_HOME: path.join(stack.folder, 'home'),
        MILLRACE_QUEUE_PREFIX: stack.prefix,
        MILLRACE_TASK_TIMEOUT_MS: '200',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let log = '';
    hanging.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    // Not `exit`: what it said last may be read after that.
    const exited = once(hanging, 'close');
    const pipeline = await writeNumbers(stack.folder, FEW_ROWS);
    const run = await request(pipeline);
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(log).toContain('ends itself, because a task hangs');
    await stack.start('extractor');
    await expectPublished(pipeline, run);
  });
});
