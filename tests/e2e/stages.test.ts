import { cp } from 'node:fs/promises';
import path from 'node:path';

import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';
import { afterEach, describe, expect, it } from 'vitest';

import { queryRow, readPublished, runOracle } from '../support/published.ts';
import { ROOT, startTestStack, type Service, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const TABLES = ['daily_revenue', 'customer_value', 'product_performance'];
const SERVICES: readonly Service[] = ['extractor', 'transformer', 'loader'];
const WAITS_IN: Record<Service, string> = {
  extractor: 'requested',
  transformer: 'transforming',
  loader: 'loading',
};

let stack: TestStack;
afterEach(() => stack.stop());

/** A storefront with its data, in the folder of the stack. */
async function prepare(services: readonly Service[], orders: number): Promise<string> {
  stack = await startTestStack(services);
  const pipeline = path.join(stack.folder, 'storefront');
  await cp(path.join(ROOT, 'pipelines/storefront'), pipeline, {
    recursive: true,
    filter: (file) => !/\/data$|\.db/.test(file),
  });
  await generateStorefront({ dir: path.join(pipeline, 'data'), orders, seed: 3 });
  return pipeline;
}

async function request(pipeline: string): Promise<string> {
  const { stdout, code } = await stack.cli('run', pipeline, '--json');
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { run: string }).run;
}

const statusOf = async (run: string) => (await stack.store.load(run)).status;
const published = (run: string) =>
  until(async () => (await statusOf(run)) === 'published', `run ${run} is published`);

async function expectTables(pipeline: string): Promise<void> {
  const expected = await runOracle(
    'storefront.py',
    path.join(pipeline, 'data'),
    path.join(stack.folder, 'expected'),
  );
  for (const table of TABLES) {
    const wanted = await expected(table);
    expect(readPublished(path.join(pipeline, 'final_analytics.db'), table, wanted)).toEqual(wanted.rows);
  }
}

describe('three services that share only Redis and the bucket', () => {
  it.each(SERVICES)('without a %s a run waits, and goes on when one comes', async (missing) => {
    const pipeline = await prepare(
      SERVICES.filter((service) => service !== missing),
      500,
    );
    const run = await request(pipeline);
    await until(async () => (await statusOf(run)) === WAITS_IN[missing], `run waits as ${WAITS_IN[missing]}`);
    const before = (await stack.store.load(run)).manifests.size;
    await stack.start(missing);
    await published(run);
    expect((await stack.store.load(run)).manifests.size).toBeGreaterThan(before);
    await expectTables(pipeline);
  });

  it('two of each give the same tables, once', async () => {
    const pipeline = await prepare([...SERVICES, ...SERVICES], 5000);
    const runs = await Promise.all([request(pipeline), request(pipeline)]);
    await Promise.all(runs.map(published));
    const database = path.join(pipeline, 'final_analytics.db');
    expect(queryRow(database, 'SELECT count(*) AS runs FROM _millrace_loads')).toEqual({ runs: 2 });
    for (const table of TABLES) {
      const counts = queryRow(
        database,
        `SELECT count(*) AS all_rows, (SELECT count(*) FROM "${table}_latest") AS latest FROM "${table}"`,
      );
      expect(counts['all_rows']).toBe(Number(counts['latest']) * 2);
    }
  });

  it.each(SERVICES)('a %s killed with SIGKILL in mid-run costs nothing', async (victim) => {
    const pipeline = await prepare(SERVICES, 20_000);
    const run = await request(pipeline);
    const worker = await stack.start(victim);
    await until(async () => (await statusOf(run)) !== 'requested', 'the run has a plan');
    await worker.kill('SIGKILL');
    await stack.start(victim);
    await published(run);
    await expectTables(pipeline);
  });

  it('Redis emptied in mid-run costs seconds, not data', async () => {
    const pipeline = await prepare(
      SERVICES.filter((service) => service !== 'transformer'),
      500,
    );
    const run = await request(pipeline);
    await until(async () => (await statusOf(run)) === 'transforming', 'all is extracted');
    await stack.emptyRedis();
    await stack.start('transformer');
    await published(run);
    await expectTables(pipeline);
  });

  it('a worker told to stop ends by itself, without an error', async () => {
    const pipeline = await prepare(SERVICES, 500);
    const worker = await stack.start('extractor');
    await published(await request(pipeline));
    await worker.kill('SIGTERM');
    expect(worker.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    expect(worker.exitCode()).toBe(0);
  });
});
