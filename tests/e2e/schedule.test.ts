import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { writeJson } from '@millrace/shared/contracts/read-json';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { readDeployed } from '@millrace/shared/runtime/deploy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writeNumbers } from '../support/numbers-pipeline.ts';
import { queryRow } from '../support/published.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const YEARLY = '0 0 1 1 *';

let stack: TestStack;
let pipeline: string;
/** Two of the stage that plans, so that two workers look after schedules at the same time. */
beforeAll(async () => {
  stack = await startTestStack(['extractor', 'extractor', 'transformer', 'loader']);
  pipeline = await writeNumbers(stack.folder, 10);
});
afterAll(() => stack.stop());

async function ask(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr, code } = await stack.cli(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const listed = async () =>
  ((await ask('schedule', 'list'))['schedules'] as Record<string, unknown>[]).find(
    (schedule) => schedule['pipeline'] === 'numbers',
  );

/** As if the schedule had taken effect years ago, and no worker had been there since. */
async function missYears(): Promise<void> {
  const bucket = await openFolderBucket(path.join(stack.folder, 'home/bucket'));
  const deployed = await readDeployed(bucket, 'numbers');
  const schedule = { ...deployed?.schedule, since: '2001-01-01T00:00:00.000Z' };
  await bucket.replace(bucketLayout.deployed('numbers'), writeJson({ ...deployed, schedule }));
}

async function declare(schedule: string): Promise<void> {
  const file = path.join(pipeline, 'pipeline.yml');
  const text = (await readFile(file, 'utf8')).replace(/^schedule: .*\n/gm, '');
  await writeFile(file, `${text}schedule: ${schedule}\n`);
  await ask('deploy', pipeline);
}

async function scheduledRuns(): Promise<string[]> {
  const runs = await stack.store.list();
  const requests = await Promise.all(runs.map((run) => stack.store.request(run)));
  return requests.filter((request) => request?.trigger === 'schedule').map((request) => request?.run ?? '');
}

/** Empties Redis several times, each time until some worker looks after schedules again. */
async function emptyRedisOften(): Promise<void> {
  const redis = await connectOrFail(stack.redisUrl);
  for (let times = 0; times < 3; times += 1) {
    await stack.emptyRedis();
    await until(async () => (await redis.exists(`${stack.prefix}:schedule`)) === 1, 'a worker has its turn');
  }
  redis.disconnect();
}

describe('a pipeline with a schedule', () => {
  it('has one run for all the times that were missed, whatever becomes of Redis, and only then waits for the next', async () => {
    await declare(YEARLY);
    expect(await listed()).toMatchObject({ status: 'active', due_at: null, run: null });
    expect(await scheduledRuns()).toEqual([]);
    await missYears();
    await until(async () => (await scheduledRuns()).length > 0, 'the run is requested');
    await emptyRedisOften();
    const [run = ''] = await scheduledRuns();
    await until(async () => (await stack.store.load(run)).status === 'published', 'it is published');
    await emptyRedisOften();
    expect(await scheduledRuns()).toEqual([run]);
    const year = new Date().getUTCFullYear();
    expect(await listed()).toMatchObject({
      status: 'active',
      due_at: `${year}-01-01T00:00:00.000Z`,
      run,
      next_at: `${year + 1}-01-01T00:00:00.000Z`,
    });
    expect(queryRow(path.join(pipeline, 'out.db'), 'SELECT count(*) AS rows FROM numbers_kept')).toEqual({
      rows: 10,
    });
  });

  it('does not run beside another run of the pipeline, and does as soon as that has ended', async () => {
    const before = await scheduledRuns();
    await ask('pause', 'numbers');
    const other = (await ask('run', pipeline))['run'] as string;
    await declare('0 0 2 1 *');
    await missYears();
    expect(await listed()).toMatchObject({ status: 'pipeline_paused', run: null });
    await emptyRedisOften();
    expect(await scheduledRuns()).toEqual(before);
    await ask('unpause', 'numbers');
    await until(async () => (await scheduledRuns()).length > before.length, 'the run is requested');
    const [run = ''] = (await scheduledRuns()).filter((known) => !before.includes(known));
    expect((await stack.store.load(other)).status).toBe('published');
    await until(async () => (await stack.store.load(run)).status === 'published', 'it is published');
  });

  it('has no run while its schedule is paused, and none for that time when it is resumed', async () => {
    const before = await scheduledRuns();
    expect(await ask('schedule', 'pause', 'numbers', '--reason', 'stocktaking')).toMatchObject({
      status: 'paused',
      next_at: null,
      changed: true,
    });
    await declare('0 0 3 1 *');
    await missYears();
    await emptyRedisOften();
    expect(await listed()).toMatchObject({ status: 'paused', reason: 'stocktaking' });
    expect(await ask('schedule', 'resume', 'numbers')).toMatchObject({ status: 'active', due_at: null });
    await emptyRedisOften();
    expect(await scheduledRuns()).toEqual(before);
  });

  it('keeps the time of its schedule when it is deployed with the same one, and loses it without one', async () => {
    const since = (await listed())?.['since'];
    await writeFile(path.join(pipeline, 'models/numbers_kept.sql'), 'SELECT id FROM numbers\n');
    await ask('deploy', pipeline);
    expect((await listed())?.['since']).toBe(since);
    const file = path.join(pipeline, 'pipeline.yml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^schedule: .*\n/gm, ''));
    await ask('deploy', pipeline);
    expect(await listed()).toBeUndefined();
    const { code, stderr } = await stack.cli('schedule', 'pause', 'numbers');
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no schedule') as string,
    });
  });
});
