import { appendFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { afterEach, describe, expect, it } from 'vitest';

import { drafts, writeNumbers } from '../support/numbers-pipeline.ts';
import { createOwnRedis, type OwnRedis } from '../support/own-redis.ts';
import { queryRow } from '../support/published.ts';
import { startTestStack, type Service, type TestStack, type TestWorker } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const ROWS = 150_000;
/** So few that writing them takes seconds. */
const ROWS_PER_BATCH = 20;
const PASSWORD = 's3cr3t-of-this-test';

let stack: TestStack;
let ownRedis: OwnRedis | null = null;
afterEach(async () => {
  await stack.stop();
  await ownRedis?.stop();
  ownRedis = null;
});

interface Started {
  readonly pipeline: string;
  readonly run: string;
}

async function startRun(
  services: readonly Service[],
  settings: Record<string, string> = {},
): Promise<Started> {
  stack = await startTestStack(services, settings);
  const pipeline = await writeNumbers(stack.folder, ROWS, ROWS_PER_BATCH);
  const { stdout, stderr, code } = await stack.cli('run', pipeline, '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return { pipeline, run: (JSON.parse(stdout) as { run: string }).run };
}

const bucket = () => path.join(stack.folder, 'home/bucket');
const statusOf = async (run: string) => (await stack.store.load(run)).status;
const published = (run: string) =>
  until(async () => (await statusOf(run)) === 'published', `run ${run} is published`);

/** In the middle of reading: some batches are sealed, more are to come. */
const reading = (run: string) =>
  until(async () => {
    const sealed = await readdir(path.join(bucket(), 'runs', run, 'staged/numbers')).catch(() => []);
    return sealed.filter((name) => !name.startsWith('.')).length > 3;
  }, 'some batches are sealed');

/** How often BullMQ has found the task's worker silent: what poison is counted by. */
async function stallsOf(run: string, task: string): Promise<number> {
  const redis = await connectOrFail(stack.redisUrl);
  const stalls = await redis.hget(`${stack.prefix}:extract:${run}.${task}.g1`, 'stc');
  redis.disconnect();
  return Number(stalls);
}

const says = (worker: TestWorker, text: string) =>
  worker.lines.some(({ msg }) => typeof msg === 'string' && msg.startsWith(text));

function expectAllRowsOnce({ pipeline, run }: Started): void {
  const counted = queryRow(
    path.join(pipeline, 'out.db'),
    `SELECT count(*) AS rows, count(DISTINCT id) AS ids, sum(id) AS total, min(_run_id) AS run FROM numbers_kept`,
  );
  expect(counted).toEqual({ rows: ROWS, ids: ROWS, total: (ROWS * (ROWS - 1)) / 2, run });
}

describe('a worker that is taken from its task', () => {
  it('by SIGTERM hands it back at once, and another does it', async () => {
    const started = await startRun(['transformer', 'loader']);
    const first = await stack.start('extractor', { MILLRACE_SHUTDOWN_TIMEOUT_MS: '0' });
    await reading(started.run);
    await first.kill('SIGTERM');
    expect(first.exitCode()).toBe(0);
    expect(says(first, 'handed back')).toBe(true);
    expect(await drafts(bucket())).toEqual([]);
    // A job that was left behind would start again 6 s later at the earliest, when its lock has lapsed.
    const handedBackAt = Date.now();
    const second = await stack.start('extractor');
    await published(started.run);
    const { manifests } = await stack.store.load(started.run);
    const begun = manifests.get('extract-numbers-00001')?.startedAt ?? '';
    expect(Date.parse(begun) - handedBackAt).toBeLessThan(5500);
    expect(second.lines.filter(({ level }) => Number(level) >= 40)).toEqual([]);
    expectAllRowsOnce(started);
  });

  it('by a pause longer than its lock is fenced when it wakes, and doubles nothing', async () => {
    const started = await startRun(['transformer', 'loader']);
    const zombie = await stack.start('extractor');
    await reading(started.run);
    zombie.send('SIGSTOP');
    await stack.start('extractor');
    await published(started.run);
    expect(await stallsOf(started.run, 'extract-numbers-00001')).toBe(1);
    zombie.send('SIGCONT');
    await until(() => says(zombie, 'fenced: another attempt'), 'the zombie is fenced');
    expect(zombie.exitCode()).toBeNull();
    expectAllRowsOnce(started);
    const fenced = zombie.lines.find(({ msg }) => String(msg).startsWith('fenced: another attempt'));
    expect(fenced).toMatchObject({ run: started.run, task: 'extract-numbers-00001' });
    expect(fenced?.['attempt']).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe('a Redis that is killed in mid-run', () => {
  it('is waited for in one line, the run goes on, and its password is told nowhere', async () => {
    ownRedis = await createOwnRedis(PASSWORD);
    await ownRedis.start();
    const started = await startRun(['transformer', 'loader'], { REDIS_URL: ownRedis.url });
    const extractor = await stack.start('extractor');
    await reading(started.run);
    await ownRedis.kill();
    await until(() => says(extractor, 'waiting for Redis'), 'the worker misses Redis');
    await ownRedis.start();
    await published(started.run);
    expectAllRowsOnce(started);
    expect(extractor.lines.filter(({ msg }) => msg === 'waiting for Redis').length).toBeLessThan(3);
    const files = await readdir(stack.folder, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile() && /\.(log|json)$/.test(entry.name))) {
      expect(await readFile(path.join(file.parentPath, file.name), 'utf8')).not.toContain(PASSWORD);
    }
  });
});

describe('a file that changes while it is read', () => {
  it('ends the attempt, and leaves no unfinished object behind', async () => {
    const { pipeline, run } = await startRun([], { MILLRACE_ATTEMPTS: '1' });
    await stack.start('extractor');
    await reading(run);
    await appendFile(path.join(pipeline, 'data/numbers.csv'), '1,late\n');
    await until(async () => (await statusOf(run)) === 'failed', 'the run fails');
    const { failure, manifests } = await stack.store.load(run);
    expect(failure?.error).toMatchObject({
      code: 'source_changed',
      where: path.join(pipeline, 'data/numbers.csv'),
    });
    expect(manifests.size).toBe(0);
    expect(await drafts(bucket())).toEqual([]);
  });
});
