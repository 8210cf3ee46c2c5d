import type { ChildProcess } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { writeNumbers } from '../support/numbers-pipeline.ts';
import { queryRow } from '../support/published.ts';
import { startTestStack, type TestStack, type TestWorker } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
/** What "within seconds" may be on a busy machine. */
const SOON_MS = 20_000;

let stack: TestStack;
afterEach(() => stack.stop());

/** What a command prints with `--json`. */
async function ask(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr, code } = await stack.cli(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const request = async (...args: string[]) => (await ask('run', ...args))['run'] as string;
const statusOf = async (run: string) => (await stack.store.load(run)).status;
const reaches = (run: string, status: string, withinMs?: number) =>
  until(async () => (await statusOf(run)) === status, `run ${run} is ${status}`, withinMs);
const waitsFor = async (run: string) => (await ask('status', run))['waiting'];
const putAside = ({ lines }: TestWorker, run: string, reason: string) =>
  lines.some((line) => line['run'] === run && line['reason'] === reason);

const countRows = (pipeline: string) =>
  queryRow(
    path.join(pipeline, 'out.db'),
    'SELECT count(*) AS rows, count(DISTINCT _run_id || id) AS different, count(DISTINCT _run_id) AS runs FROM numbers_kept',
  );

/** Bytes of all objects under `runs`, drafts included. */
async function bucketBytes(): Promise<number> {
  const folder = path.join(stack.folder, 'home/bucket/runs');
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files.map(async (file) =>
    file.isFile() ? (await stat(path.join(file.parentPath, file.name)).catch(() => ({ size: 0 }))).size : 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function incompressible(rows: number): string {
  const lines = Array.from({ length: rows }, (_, id) => `${id},${hash('sha256', String(id))}`);
  return `id,note\n${lines.join('\n')}\n`;
}

function collectOutput(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

describe('a paused pipeline', () => {
  it('finishes what has begun, takes requests, and goes on with all of it when it is unpaused', async () => {
    stack = await startTestStack(['loader']);
    const transformer = await stack.start('transformer');
    const extractor = await stack.start('extractor');
    const pipeline = await writeNumbers(stack.folder, 20_000, 100);
    const first = await request(pipeline);
    const staged = path.join(stack.folder, 'home/bucket/runs', first, 'staged/numbers');
    await until(async () => (await readdir(staged).catch(() => [])).length > 0, 'the task is being done');
    extractor.send('SIGSTOP');
    expect(await statusOf(first)).toBe('planned');
    const reason = 'month end';
    const paused = await ask('pause', 'numbers', '--reason', reason);
    expect(paused).toMatchObject({ pipeline: 'numbers', status: 'paused', changed: true, reason });
    expect(await ask('pause', pipeline)).toEqual({ ...paused, changed: false });
    extractor.send('SIGCONT');

    await reaches(first, 'transforming');
    await until(() => putAside(transformer, first, 'pipeline_paused'), 'the model is put aside');
    const following = stack.spawnCli('run', pipeline, '--wait');
    const said = collectOutput(following);
    await until(
      () => /The run will wait: pipeline 'numbers' is paused .*month end/.test(said()),
      'said at once',
    );
    await until(() => /requested .*waits: /.test(said()), 'the run is accepted, and waits');
    expect(await waitsFor(first)).toMatchObject({ reason: 'pipeline_paused' });
    const listed = (await ask('runs'))['runs'] as { status: string; waiting: { reason: string } }[];
    expect(listed.map(({ status, waiting }) => [status, waiting.reason])).toEqual([
      ['requested', 'pipeline_paused'],
      ['transforming', 'pipeline_paused'],
    ]);
    const { stdout } = await stack.cli('status', first);
    expect(stdout).toContain('`millrace unpause numbers` lets it go on');

    expect(await ask('unpause', 'numbers')).toMatchObject({ status: 'unpaused', changed: true });
    await reaches(first, 'published', SOON_MS);
    if (following.exitCode === null) await once(following, 'exit');
    expect(following.exitCode).toBe(0);
    expect(await ask('unpause', 'numbers')).toMatchObject({ changed: false });
    expect(countRows(pipeline)).toEqual({ rows: 40_000, different: 40_000, runs: 2 });
  });

  it('is looked for by its name, and an unknown one is an error', async () => {
    stack = await startTestStack([]);
    const { code, stderr } = await stack.cli('pause', 'nubmers');
    expect(code).toBe(2);
    expect(stderr).toContain('pipeline_not_found');
  });
});

describe('runs that are not published for want of a transformer', () => {
  it('hold later ones back at the extractor from the limit on, and are all published when one comes', async () => {
    stack = await startTestStack(['loader'], { MILLRACE_OUTSTANDING_MB: '1' });
    const before = await stack.start('extractor');
    const pipeline = await writeNumbers(stack.folder, 0);
    await writeFile(path.join(pipeline, 'data/numbers.csv'), incompressible(60_000));
    const first = await request(pipeline);
    await reaches(first, 'transforming');
    // What an extractor knows of this may be a moment old.
    await before.kill('SIGTERM');
    const extractor = await stack.start('extractor');
    const held = await bucketBytes();
    expect(held).toBeGreaterThan(MIB);

    const later = [await request(pipeline, '--full'), await request(pipeline, '--full')];
    for (const run of later)
      await until(() => putAside(extractor, run, 'outstanding_bytes'), `run ${run} is put aside`);
    expect(await waitsFor(later[1] ?? '')).toMatchObject({ reason: 'outstanding_bytes' });
    expect(await waitsFor(first)).toBeNull();
    expect(await Promise.all(later.map(statusOf))).toEqual(['requested', 'requested']);
    // Requests take a few hundred bytes each.
    expect(await bucketBytes()).toBeLessThan(held + 10_000);

    await stack.start('transformer');
    for (const run of [first, ...later]) await reaches(run, 'published');
    expect(countRows(pipeline)).toEqual({ rows: 180_000, different: 180_000, runs: 3 });
  });
});

describe('a disk with less free than it must keep', () => {
  it('starts no reading, and says so; other stages go on', async () => {
    stack = await startTestStack(['loader']);
    const pipeline = await writeNumbers(stack.folder, 100);
    const healthy = await stack.start('extractor');
    const first = await request(pipeline);
    await reaches(first, 'transforming');
    await healthy.kill('SIGTERM');
    const full = { MILLRACE_MIN_FREE_MB: '1000000000' };
    const transformer = await stack.start('transformer', full);
    await reaches(first, 'published');
    const extractor = await stack.start('extractor', full);
    const second = await request(pipeline);
    await until(() => putAside(extractor, second, 'disk_space'), 'the plan is put aside');
    const { stdout } = await stack.cliWith(full, 'status', second, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'requested', waiting: { reason: 'disk_space' } });
    expect(transformer.lines.some(({ reason }) => reason === 'disk_space')).toBe(false);

    await extractor.kill('SIGTERM');
    await stack.start('extractor');
    await reaches(second, 'published');
    expect(countRows(pipeline)).toEqual({ rows: 200, different: 200, runs: 2 });
  });
});
