import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { askRedis } from '@millrace/shared/runtime/redis-process';

import { writeManySources } from '../support/many-sources.ts';
import { ROOT } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

/**
 * The CLI as a person uses it on one machine: no REDIS_URL, no running workers, everything in a folder of its own.
 */
const CLI = path.join(ROOT, 'packages/cli/bin/millrace.js');

let folder: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-cli-')));
  await mkdir(path.join(folder, '.millrace'));
  const lines = ['id,city,amount', ...Array.from({ length: 200 }, (_, index) => `${index},Łódź,${index}.5`)];
  await writeFile(path.join(folder, 'sales.csv'), `${lines.join('\n')}\n`);
});

afterEach(async () => {
  await cli('down');
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function spawnCli(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const { REDIS_URL: _, MILLRACE_HOME: __, MILLRACE_BUCKET: ___, ...inherited } = process.env;
  return spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function cliWith(environment: Record<string, string>, ...args: string[]): Promise<Result> {
  const child = spawnCli(args, environment);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

const cli = (...args: string[]): Promise<Result> => cliWith({}, ...args);

async function json<T>(...args: string[]): Promise<T> {
  const { stdout, stderr, code } = await cli(...args, '--json');
  expect(stderr, `exit code ${code ?? '?'}`).toBe('');
  return JSON.parse(stdout) as T;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Workers {
  readonly workers: readonly { readonly pid: number; readonly stage: string }[];
}

/** The pids of the stack's services; empty while it starts. */
async function servicePids(): Promise<number[]> {
  const { stdout } = await cli('workers', '--json');
  return stdout === '' ? [] : (JSON.parse(stdout) as Workers).workers.map(({ pid }) => pid);
}

describe('a run without a stack', () => {
  test('what init writes runs at once, starts a stack for the run and leaves none behind', async () => {
    expect((await cli('init', 'sales', '--from', 'sales.csv')).code).toBe(0);
    const run = await cli('run', 'sales', '--wait');
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain('200 records seen = 200 accepted + 0 rejected');
    const asked = await cli(
      'query',
      'sales',
      'SELECT count(*) AS n, sum(amount) AS total FROM sales_latest',
      '--csv',
    );
    expect(asked.stdout).toBe('n,total\n200,20000\n');
    expect((await cli('down')).stdout).toContain('No stack is running');
    expect((await cli('init', 'sales', '--from', 'sales.csv')).code).toBe(2);
  });

  test('the second run with the same key is the first one', async () => {
    await cli('init', 'sales', '--from', 'sales.csv');
    await cli('up', '--detach');
    const [first, second] = [
      await json<Record<string, unknown>>('run', 'sales', '--wait', '--key', 'today'),
      await json<Record<string, unknown>>('run', 'sales', '--wait', '--key', 'today'),
    ];
    expect(first).toMatchObject({ status: 'published', already_requested: false });
    expect(second).toMatchObject({ status: 'published', already_requested: true, run: first['run'] });
  });

  test('a run that fails says why, and ends with the exit code of its cause', async () => {
    await cli('init', 'sales', '--from', 'sales.csv');
    const file = path.join(folder, 'sales', 'pipeline.yml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('city: { type: text }', 'city: { type: integer }'));
    const run = await cli('run', 'sales', '--wait');
    expect(run).toMatchObject({ code: 1 });
    expect(run.stderr).toContain('error[reject_limit]');
    const rejects = await json<{ by_reason: unknown }>('rejects');
    expect(rejects.by_reason).toEqual({ type_mismatch: 200 });
  });

  test('without --wait it is refused, with what to do', async () => {
    await cli('init', 'sales', '--from', 'sales.csv');
    const { code, stderr } = await cli('run', 'sales');
    expect(code).toBe(3);
    expect(stderr).toMatch(/error\[stack_not_running\][^]* up`[^]*--wait/);
  });

  test('a Redis that does not answer is an error within seconds, and nothing is started instead', async () => {
    await cli('init', 'sales', '--from', 'sales.csv');
    const before = Date.now();
    const { code, stderr } = await cliWith({ REDIS_URL: 'redis://127.0.0.1:1' }, 'run', 'sales', '--wait');
    expect(code).toBe(3);
    expect(stderr).toContain('error[redis_unavailable]');
    expect(Date.now() - before).toBeLessThan(10_000);
  });

  test('Ctrl-C ends with 130 and the stack; starting the stack again finishes the run', async () => {
    await cli('init', 'sales', '--from', 'sales.csv');
    const child = spawnCli(['run', 'sales', '--wait']);
    started.push(child);
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await until(async () => printed.includes('requested'), 'the run is requested');
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    // On a fast machine it may have ended first.
    expect([0, 130]).toContain(code);
    expect((await cli('down')).stdout).toContain('No stack is running');
    await cli('up', '--detach');
    const { stdout } = await cli('watch');
    expect(stdout).toContain('200 records seen');
  });
});

describe('a stack in the background', () => {
  test('is found by other commands, and stops with everything it started', async () => {
    await cli('init', 'sales', '--from', 'sales.csv');
    expect(await json('up', '--detach', '--extractors', '1')).toMatchObject({ status: 'started' });
    expect(await json('up', '--detach')).toMatchObject({ status: 'already_running' });
    const { workers } = await json<Workers>('workers');
    expect(workers.map(({ stage }) => stage)).toEqual(['extract', 'transform', 'load']);
    expect(await json('run', 'sales')).toMatchObject({ status: 'requested', pipeline: 'sales' });
    const watched = await cli('watch', '--json');
    const last = JSON.parse(watched.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(last).toMatchObject({ event: 'ended', status: 'published' });
    expect(await json('down')).toMatchObject({ status: 'stopped' });
    expect(workers.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  test('a service that is killed is started again', async () => {
    await cli('up', '--detach', '--extractors', '1');
    const [victim = 0] = await servicePids();
    process.kill(victim, 'SIGKILL');
    await until(async () => {
      const pids = (await servicePids()).filter(isAlive);
      return pids.length === 3 && !pids.includes(victim);
    }, 'three services run again');
  });

  test('its Redis is started again when it is killed, and runs go on', async () => {
    await cli('init', 'sales', '--from', 'sales.csv');
    await cli('up', '--detach', '--extractors', '1');
    const { redisUrl } = JSON.parse(await readFile(path.join(folder, '.millrace/stack.json'), 'utf8')) as {
      redisUrl: string;
    };
    const { pid: victim } = await askRedis(redisUrl, 5000);
    const waiting = cli('run', 'sales', '--wait');
    await until(async () => (await cli('runs')).stdout.includes('sales'), 'the run is requested');
    process.kill(victim, 'SIGKILL');
    expect(await waiting).toMatchObject({ code: 0 });
    expect((await askRedis(redisUrl, 5000)).pid).not.toBe(victim);
    expect(await readFile(path.join(folder, '.millrace/logs/up.log'), 'utf8')).toContain('Redis ended');
  });

  test('outlives jobs that kill their workers again and again', async () => {
    const sources = Array.from({ length: 8 }, (_, at) => `poison_${at + 1}`);
    await writeManySources(folder, { name: 'poisoned', sources });
    const preload = `--import ${path.join(ROOT, 'tests/support/dies-at-poison.mjs')}`;
    await cliWith({ NODE_OPTIONS: preload }, 'up', '--detach', '--extractors', '1');
    expect(await cli('run', 'poisoned')).toMatchObject({ code: 0 });
    const deaths = async () =>
      (await readFile(path.join(folder, '.millrace/logs/up.log'), 'utf8')).match(/extractor ended/g)
        ?.length ?? 0;
    await until(
      async () => (await deaths()) >= sources.length,
      'the extractor has died for each of them',
      45_000,
    );
    await until(async () => (await servicePids()).length === 3, 'the stack runs');
  });

  test('its services end when it is killed, and the next one starts as if nothing had been', async () => {
    const { pid } = await json<{ pid: number }>('up', '--detach', '--extractors', '1');
    const services = await servicePids();
    process.kill(pid, 'SIGKILL');
    await until(async () => !services.some(isAlive), 'no service is left');
    expect(await json('up', '--detach', '--extractors', '1')).toMatchObject({ status: 'started' });
  });
});
