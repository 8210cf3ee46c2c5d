import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, expect, it } from 'vitest';

import { countedOnce, writeManySources } from '../support/many-sources.ts';
import { queryRow } from '../support/published.ts';
import { declareShop, writeShop, writeShopData } from '../support/shop-pipeline.ts';
import { startTestStack, type CliResult, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

/** Commands that several people, or several machines, give in the same moment. */
const COMMANDS = 8;

let stack: TestStack;
afterEach(() => stack.stop());

const atOnce = (...commands: readonly (readonly string[])[]) =>
  Promise.all(commands.map((command) => stack.cli(...command, '--json')));
const times = (count: number, ...command: string[]) => Array.from({ length: count }, () => command);

type Json = Record<string, unknown>;
const json = ({ stdout }: CliResult) => JSON.parse(stdout) as Json;
const codesOf = (results: readonly CliResult[]) => results.map(({ code }) => code).sort();
const errorsOf = (results: readonly CliResult[]) =>
  results.filter(({ code }) => code !== 0).map(({ stderr }) => (JSON.parse(stderr) as { error: Json }).error);

const ended = (run: string, status: 'published' | 'failed') =>
  until(async () => (await stack.store.load(run)).status === status, `run ${run} is ${status}`);

it('a folder that is deployed by several commands at once is kept once', async () => {
  stack = await startTestStack([]);
  const pipeline = await writeManySources(stack.folder, { name: 'fruit', sources: ['apples'] });
  const results = await atOnce(...times(COMMANDS, 'deploy', pipeline));
  expect(codesOf(results)).toEqual(times(COMMANDS).map(() => 0));
  const bundles = new Set(results.map((result) => json(result)['bundle']));
  expect(bundles.size).toBe(1);
  const kept = await readdir(path.join(stack.folder, 'home/bucket/pipelines/fruit'));
  expect(new Set(kept)).toEqual(
    new Set([...bundles].map((bundle) => `${String(bundle)}.json`).concat('deployed.json')),
  );
});

it('of several replays at once of the same rejects one is requested, and the others say which', async () => {
  stack = await startTestStack(['transformer', 'loader']);
  const extractor = await stack.start('extractor');
  const pipeline = await writeShop(stack.folder);
  await writeShopData(pipeline);
  const root = json(await stack.cli('run', pipeline, '--wait', '--json'))['run'] as string;
  await declareShop(pipeline, { amount: 'text', customerRequired: false });
  // None of them can end before the last one has asked.
  await extractor.kill('SIGTERM');
  const results = await atOnce(...times(COMMANDS, 'replay', root, '--source', 'orders'));
  expect(codesOf(results)).toEqual([0, ...times(COMMANDS - 1).map(() => 2)]);
  const run = json(results.find(({ code }) => code === 0) as CliResult)['run'] as string;
  for (const error of errorsOf(results)) {
    expect(error['code']).toBe('replay_running');
    expect(error['message']).toContain(run);
  }
  await stack.start('extractor');
  await ended(run, 'published');
  const counted = 'SELECT count(*) AS rows, count(DISTINCT order_id) AS orders FROM sales';
  expect(queryRow(path.join(pipeline, 'out.db'), counted)).toEqual({ rows: 99, orders: 99 });
});

it('prune, resume and retry, two of each at once, agree on what becomes of a run', async () => {
  stack = await startTestStack();
  const sources = ['apples', 'berries'];
  const pipeline = await writeManySources(stack.folder, { name: 'fruit', sources });
  const database = path.join(pipeline, 'out.db');
  await mkdir(database);
  const run = json(await stack.cli('run', pipeline, '--json'))['run'] as string;
  await ended(run, 'failed');
  await rm(database, { recursive: true });
  await stack.emptyRedis();
  const retries = times(2, 'retry', run);
  const others = [...times(2, 'resume'), ...times(2, 'prune', '--older-than', '0s', '--grace', '0s')];
  const results = await atOnce(...retries, ...others);
  expect(codesOf(results.slice(retries.length))).toEqual(others.map(() => 0));
  const [won, lost] = codesOf(results.slice(0, retries.length));
  expect(lost).toBe(2);
  // A failed run may be pruned, and a run that was pruned cannot be retried: both are right, but not both at once.
  if (won === 0) {
    await ended(run, 'published');
    const counted = queryRow(database, 'SELECT count(*) AS sources, sum(rows) AS rows FROM counted');
    expect(counted).toEqual(countedOnce(sources));
  } else {
    expect(errorsOf(results).map(({ code }) => code)).toContain('retry_impossible');
    const { status, pruned } = await stack.store.load(run);
    expect(status).toBe('failed');
    expect(pruned.length).toBeGreaterThan(0);
  }
});
