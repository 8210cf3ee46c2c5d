import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';

import { countedOnce, writeManySources } from '../support/many-sources.ts';
import { queryRow, queryRows } from '../support/published.ts';
import { startTestStack, type CliResult, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const SOURCES = ['apples', 'berries', 'cherries'];

let stack: TestStack;
afterEach(() => stack.stop());

type Json = Record<string, unknown>;
const json = ({ stdout }: CliResult) => JSON.parse(stdout) as Json;
const errorOf = ({ stderr }: CliResult) => (JSON.parse(stderr) as Json)['error'] as Json;

async function request(pipeline: string): Promise<string> {
  const result = await stack.cli('run', pipeline, '--json');
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return json(result)['run'] as string;
}

const statusOf = async (run: string) => (await stack.store.load(run)).status;
const ended = (run: string, status: 'published' | 'failed') =>
  until(async () => (await statusOf(run)) === status, `run ${run} is ${status}`);
const inBucket = (key: string) => path.join(stack.folder, 'home/bucket', key);
const database = (pipeline: string) => path.join(pipeline, 'out.db');

/** All that tells one attempt at a task from another one. */
async function attempts(run: string): Promise<ReadonlyMap<string, string>> {
  const { manifests } = await stack.store.load(run);
  const found = new Map<string, string>();
  for (const { task, attempt, startedAt } of manifests.values()) {
    const { mtimeMs, ino } = await stat(inBucket(bucketLayout.manifest(run, task)));
    found.set(task, JSON.stringify({ attempt, startedAt, mtimeMs, ino }));
  }
  return found;
}

async function expectKept(run: string, before: ReadonlyMap<string, string>): Promise<void> {
  const after = await attempts(run);
  expect(new Map([...after].filter(([task]) => before.has(task)))).toEqual(before);
}

function expectPublishedOnce(pipeline: string, run: string, sources: readonly string[]): void {
  const counted = queryRow(database(pipeline), 'SELECT count(*) AS sources, sum(rows) AS rows FROM counted');
  expect(counted).toEqual(countedOnce(sources));
  const history = queryRows(database(pipeline), 'SELECT run_id, status, error_code FROM _millrace_runs');
  expect(history).toEqual([{ run_id: run, status: 'published', error_code: null }]);
}

/** While it stands, no batch of the source's table can be written. @returns a function that takes it away */
async function block(run: string, source: string): Promise<() => Promise<void>> {
  const inTheWay = inBucket(`runs/${run}/staged/${source}`);
  await mkdir(path.dirname(inTheWay), { recursive: true });
  await writeFile(inTheWay, '');
  return () => rm(inTheWay);
}

describe('a run that failed', () => {
  it('at its destination is published by a retry, and has one row in the history', async () => {
    stack = await startTestStack();
    const pipeline = await writeManySources(stack.folder, { name: 'fruit', sources: SOURCES });
    const foreign = new Database(database(pipeline));
    foreign.exec('CREATE TABLE counted (mine TEXT)');
    const run = await request(pipeline);
    await ended(run, 'failed');
    const before = await attempts(run);
    // Each table that was read or computed has been checked.
    expect(before.size).toBe(2 * (SOURCES.length + 1));
    const recorded = "SELECT count(*) AS runs FROM sqlite_schema WHERE name = '_millrace_runs'";
    await until(() => queryRow(database(pipeline), recorded)['runs'] === 1, 'the failure is recorded');
    foreign.exec('DROP TABLE counted');
    foreign.close();
    const retried = await stack.cli('retry', run, '--wait', '--json');
    expect(json(retried)).toMatchObject({ run, status: 'published', error: null });
    expect(retried.code).toBe(0);
    await expectKept(run, before);
    expectPublishedOnce(pipeline, run, SOURCES);
    const again = await stack.cli('retry', run, '--json');
    expect([again.code, errorOf(again)]).toMatchObject([2, { code: 'retry_impossible' }]);
    expect(errorOf(again)['message']).toContain('is published');
  });

  it('because its destination cannot be written ends at once, and is published by a retry once it can', async () => {
    stack = await startTestStack();
    const pipeline = await writeManySources(stack.folder, { name: 'fruit', sources: SOURCES });
    await mkdir(database(pipeline));
    const run = await request(pipeline);
    await ended(run, 'failed');
    expect(await stack.store.failure(run)).toMatchObject({
      attempts: 1,
      error: { code: 'destination_unusable' },
    });
    const before = await attempts(run);
    await rm(database(pipeline), { recursive: true });
    expect((await stack.cli('retry', run, '--wait')).code).toBe(0);
    await expectKept(run, before);
    expectPublishedOnce(pipeline, run, SOURCES);
  });

  it('in the middle of reading goes on there; of two retries at once one begins the round', async () => {
    stack = await startTestStack(['transformer', 'loader']);
    const pipeline = await writeManySources(stack.folder, { name: 'fruit', sources: SOURCES });
    const run = await request(pipeline);
    const unblock = await block(run, 'cherries');
    const extractor = await stack.start('extractor', { MILLRACE_OUTAGE_ATTEMPTS: '1' });
    await ended(run, 'failed');
    await extractor.kill('SIGTERM');
    await stack.settled();
    const before = await attempts(run);
    const extracted = [...before.keys()].filter((task) => task.startsWith('extract-'));
    expect(extracted.sort()).toEqual(['extract-apples-00001', 'extract-berries-00001']);
    await unblock();
    const both = await Promise.all([stack.cli('retry', run, '--json'), stack.cli('retry', run, '--json')]);
    const [won, lost] = both.sort((one, other) => Number(one.code) - Number(other.code));
    expect([won.code, lost.code]).toEqual([0, 2]);
    expect(json(won)).toMatchObject({
      run,
      status: 'retried',
      round: 2,
      tasks_done: before.size,
      tasks_total: 9,
    });
    expect(errorOf(lost)).toMatchObject({ code: 'run_not_ended' });
    expect((await stack.cli('status', run)).stdout).toContain('by cli, round 2\n');
    await stack.start('extractor');
    await ended(run, 'published');
    await expectKept(run, before);
    expectPublishedOnce(pipeline, run, SOURCES);
  });

  it('before it was planned is planned again', async () => {
    stack = await startTestStack();
    const pipeline = await writeManySources(stack.folder, { name: 'fruit', sources: SOURCES });
    const [file, elsewhere] = ['data/apples.csv', 'apples.csv'].map((name) => path.join(pipeline, name));
    await rename(file ?? '', elsewhere ?? '');
    const run = await request(pipeline);
    await ended(run, 'failed');
    await rename(elsewhere ?? '', file ?? '');
    expect((await stack.cli('retry', run, '--wait')).code).toBe(0);
    expectPublishedOnce(pipeline, run, SOURCES);
  });

  it('and would fail again is refused with what to do, unless it is forced', async () => {
    stack = await startTestStack();
    const select = "CAST('many' AS INTEGER) AS rows FROM apples";
    const pipeline = await writeManySources(stack.folder, { name: 'fruit', sources: SOURCES, select });
    const run = await request(pipeline);
    await ended(run, 'failed');
    const refused = await stack.cli('retry', run);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('model_failed');
    expect(refused.stderr).toMatch(/try: .*run fruit --wait/);
    const forced = await stack.cli('retry', run, '--force', '--wait', '--json');
    expect(forced.code).toBe(1);
    expect(await stack.store.failure(run, 2)).toMatchObject({ round: 2, error: { code: 'model_failed' } });
    const unknown = await stack.cli('retry', '20200101T000000-00000000', '--json');
    expect(errorOf(unknown)).toMatchObject({ code: 'run_not_found' });
  });
});

describe('a bucket that cannot be written for a while', () => {
  it('costs no attempt, and the run goes on when it can', async () => {
    stack = await startTestStack(['transformer', 'loader']);
    const pipeline = await writeManySources(stack.folder, { name: 'fruit', sources: SOURCES });
    const run = await request(pipeline);
    const unblock = await block(run, 'cherries');
    const extractor = await stack.start('extractor', { MILLRACE_ATTEMPTS: '1' });
    const outages = () => extractor.lines.filter((line) => 'outages' in line).map(({ outages: n }) => n);
    await until(() => outages().length >= 2, 'two tries have failed');
    expect(outages().slice(0, 2)).toEqual([1, 2]);
    // A worker tells what holds it up with its next heartbeat, and nothing while it tries.
    await until(async () => {
      const { status, waiting } = json(await stack.cli('status', run, '--json'));
      const { reason, message } = (waiting ?? {}) as Readonly<Record<string, unknown>>;
      const isHeldUp = reason === 'task_held_up' && /cherries.* will be tried again: /.test(String(message));
      return status === 'extracting' && isHeldUp;
    }, 'the status says what the run waits for');
    await unblock();
    await ended(run, 'published');
    expectPublishedOnce(pipeline, run, SOURCES);
  });
});

describe('Redis that is emptied in the middle of a run of 200 tasks', () => {
  const MANY = Array.from({ length: 199 }, (_, at) => `source_${at + 1}`);

  /** @returns the run, with what was committed before Redis was emptied */
  async function emptied(pipeline: string) {
    const run = await request(pipeline);
    await until(async () => (await stack.store.done(run)).size >= 40, '40 tasks are done');
    const before = await attempts(run);
    await stack.emptyRedis();
    expect(before.size).toBeLessThan(MANY.length);
    return { run, before };
  }

  it('is filled again by the reconciler, and nothing that was committed is read again', async () => {
    stack = await startTestStack([]);
    const services = ['extractor', 'transformer', 'loader'] as const;
    const workers = await Promise.all(services.map((service) => stack.start(service)));
    const lines = () => workers.flatMap((worker) => worker.lines);
    const pipeline = await writeManySources(stack.folder, { name: 'many', sources: MANY });
    const { run, before } = await emptied(pipeline);
    await ended(run, 'published');
    await expectKept(run, before);
    expectPublishedOnce(pipeline, run, MANY);
    const done = lines()
      .filter(({ msg }) => msg === 'done')
      .map(({ task }) => task);
    expect(done.length).toBe(new Set(done).size);
    expect(lines().some(({ msg }) => msg === 'reconciled: jobs were missing')).toBe(true);
  });

  it('is filled again by `millrace resume`, which may be repeated', async () => {
    stack = await startTestStack([]);
    const seldom = { MILLRACE_RECONCILE_EVERY_MS: '600000' };
    const services = ['extractor', 'transformer', 'loader'] as const;
    await Promise.all(services.map((service) => stack.start(service, seldom)));
    const pipeline = await writeManySources(stack.folder, { name: 'many', sources: MANY });
    const { run, before } = await emptied(pipeline);
    await stack.settled();
    const resumed = json(await stack.cli('resume', '--json'));
    expect(resumed['jobs_added']).toBeGreaterThan(50);
    expect(await stack.cli('resume', run)).toMatchObject({ code: 0 });
    await ended(run, 'published');
    await expectKept(run, before);
    expectPublishedOnce(pipeline, run, MANY);
    expect(json(await stack.cli('resume', '--json'))).toEqual({ runs: [], jobs_added: 0 });
  });
});
