import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import type { ModelOrder } from '@millrace/transformer/dist/contracts/model-order.js';
import { createModelRunner } from '@millrace/transformer/dist/model-runner.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { modelProcesses } from '../support/model-processes.ts';
import { until } from '../support/until.ts';

const MEBIBYTE = 1024 * 1024;
const ENDLESS = 'SELECT count(*) AS n FROM range(10_000_000) a, range(1_000_000) b';
const LONG_TIME_MS = 60_000;

let folder: string;
let spillDir: string;
const stop = new AbortController();

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-model-'));
  spillDir = path.join(folder, 'spill');
  await mkdir(spillDir);
});
afterEach(async () => {
  for (const pid of await modelProcesses(process.pid)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function orderOf(sql: string, memoryMb = 128): ModelOrder {
  return {
    run: 'r1',
    model: { name: 'made', file: 'models/made.sql', sql },
    tables: [],
    target: { path: path.join(folder, 'made.parquet'), key: 'modeled/made.parquet' },
    engine: { memoryLimitBytes: memoryMb * MEBIBYTE, threads: 2, spillDir },
  };
}

async function onlyProcess(): Promise<number> {
  const [pid = 0, ...others] = await modelProcesses(process.pid);
  expect(others).toEqual([]);
  expect(pid).not.toBe(0);
  return pid;
}

/** Bytes of memory that all processes for models of this test hold, at most, while something is done. */
async function peakDuring(work: Promise<unknown>): Promise<number> {
  let peak = 0;
  let working = true;
  void work.catch(() => undefined).finally(() => (working = false));
  while (working) {
    for (const pid of await modelProcesses(process.pid)) {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]).catch(() => ({
        stdout: '0',
      }));
      peak = Math.max(peak, Number(stdout) * 1024);
    }
  }
  return peak;
}

describe('models that end well', () => {
  test('are run in one process after another, which is kept', async () => {
    const run = createModelRunner(LONG_TIME_MS);
    const result = await run(orderOf('SELECT i AS id FROM range(10) r(i)'), stop.signal);
    expect(result).toEqual({ columns: [{ name: 'id', type: 'BIGINT' }], rows: 10, reads: [] });
    const pid = await onlyProcess();
    await run(orderOf('SELECT 1 AS a'), stop.signal);
    expect(await onlyProcess()).toBe(pid);
  });

  test('beside each other have a process each', async () => {
    const run = createModelRunner(LONG_TIME_MS);
    const orders = ['a', 'b'].map((name) => {
      const order = orderOf(`SELECT '${name}' AS name FROM range(5)`);
      return { ...order, target: { ...order.target, path: path.join(folder, name) } };
    });
    const results = await Promise.all(orders.map((order) => run(order, stop.signal)));
    expect(results.map(({ rows }) => rows)).toEqual([5, 5]);
    await until(async () => (await modelProcesses(process.pid)).length === 1, 'one of them is kept');
  });
});

describe('a model is ended', () => {
  test.each([
    ['a join without a condition', ENDLESS],
    [
      'a recursion without an end',
      'WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i % 7 FROM r) SELECT max(i) AS n FROM r',
    ],
    [
      'one that the engine does not interrupt',
      // Of each row another text: of one and the same it would be computed once.
      "SELECT max(length(regexp_replace(repeat('a', 2_000_000 + i::INTEGER), '(a|aa)+$', 'b', 'g'))) AS n FROM range(400) r(i)",
    ],
  ])('at its time limit: %s', async (_, sql) => {
    const run = createModelRunner(1000);
    const startedMs = performance.now();
    await expect(run(orderOf(sql, 1024), stop.signal)).rejects.toMatchObject({
      code: 'model_failed',
      message: "Model 'made' ran longer than 1 s and was ended.",
      where: 'models/made.sql',
    });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(await modelProcesses(process.pid)).toEqual([]);
    expect(await readdir(spillDir)).toEqual([]);
  });

  test('when it takes memory that the engine does not count, long before it has all', async () => {
    const running = createModelRunner(LONG_TIME_MS)(
      orderOf("SELECT repeat('x', 3_000_000_000) AS s"),
      stop.signal,
    );
    const peak = await peakDuring(running);
    await expect(running).rejects.toMatchObject({
      code: 'out_of_memory',
      message: expect.stringMatching(/^Model 'made' took \d+ MiB .* may take 448 MiB/) as string,
      where: 'models/made.sql',
      hint: expect.stringContaining('MILLRACE_MEMORY_MB') as string,
    });
    expect(peak).toBeGreaterThan(100 * MEBIBYTE);
    expect(peak).toBeLessThan(1500 * MEBIBYTE);
    expect(await modelProcesses(process.pid)).toEqual([]);
  });

  test('at the signal, with its reason, in mid-spill too, and nothing of it stays', async () => {
    const stopping = new AbortController();
    const sql = `WITH wide AS (SELECT i AS k, md5(i::VARCHAR) AS h FROM range(9_000_000) r(i))
      SELECT a.h, b.k FROM wide a JOIN wide b USING (h) ORDER BY a.h`;
    const running = createModelRunner(LONG_TIME_MS)(orderOf(sql, 64), stopping.signal);
    const settled = running.catch(() => undefined);
    await until(async () => {
      const files = await readdir(spillDir, { recursive: true }).catch(() => []);
      return files.some((file) => file.includes('duckdb_temp'));
    }, 'it spills');
    const startedMs = performance.now();
    stopping.abort(new Error('stopping'));
    await settled;
    expect(performance.now() - startedMs).toBeLessThan(2000);
    await expect(running).rejects.toThrow('stopping');
    expect(await modelProcesses(process.pid)).toEqual([]);
    expect(await readdir(spillDir)).toEqual([]);
  });

  test('before it begins when the signal came first', async () => {
    const run = createModelRunner(LONG_TIME_MS);
    await expect(run(orderOf('SELECT 1 AS a'), AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  });
});

describe('a process that ends in mid-model', () => {
  test.each(['SIGKILL', 'SIGSEGV', 'SIGABRT'] as const)(
    'by %s may be tried again, and the next model runs',
    async (signal) => {
      const run = createModelRunner(LONG_TIME_MS);
      const running = run(orderOf(ENDLESS), stop.signal);
      const settled = running.catch(() => undefined);
      await until(async () => (await modelProcesses(process.pid)).length === 1, 'the model runs');
      process.kill(await onlyProcess(), signal);
      await settled;
      await expect(running).rejects.toMatchObject({
        code: 'model_process_ended',
        retry: 'may_help',
        message: `Model 'made' was not finished: its process ended (${signal}).`,
        where: 'models/made.sql',
      });
      expect((await run(orderOf('SELECT 1 AS a'), stop.signal)).rows).toBe(1);
    },
  );

  test('while idle is replaced', async () => {
    const run = createModelRunner(LONG_TIME_MS);
    await run(orderOf('SELECT 1 AS a'), stop.signal);
    process.kill(await onlyProcess(), 'SIGKILL');
    await until(async () => (await modelProcesses(process.pid)).length === 0, 'it is gone');
    expect((await run(orderOf('SELECT 2 AS a'), stop.signal)).rows).toBe(1);
  });

  test('is not one that was asked to by a signal for its worker', async () => {
    const run = createModelRunner(LONG_TIME_MS);
    await run(orderOf('SELECT 1 AS a'), stop.signal);
    const pid = await onlyProcess();
    const running = run(
      orderOf('SELECT count(*) AS n FROM range(200_000_000) r(i) WHERE i % 7 = 1'),
      stop.signal,
    );
    process.kill(pid, 'SIGTERM');
    process.kill(pid, 'SIGINT');
    expect((await running).rows).toBe(1);
    expect(await onlyProcess()).toBe(pid);
  });
});

test('an error of the engine names file and line, and its process is not used again', async () => {
  const run = createModelRunner(LONG_TIME_MS);
  const sql = "SELECT i,\n  'x'::INTEGER AS n\nFROM range(3) r(i)";
  await expect(run(orderOf(sql), stop.signal)).rejects.toMatchObject({
    code: 'model_failed',
    where: 'models/made.sql:2:6',
    stack: expect.stringContaining('write-model') as string,
  });
  expect(await modelProcesses(process.pid)).toEqual([]);
});
