import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startDashboard, type TestDashboard } from '../support/dashboard.ts';
import { writeNumbers } from '../support/numbers-pipeline.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const PAGES = 200;
const ROOM = 100;
const ROWS = 20_000;

let stack: TestStack;
let dashboard: TestDashboard;

beforeAll(async () => {
  stack = await startTestStack([]);
  dashboard = await startDashboard(stack);
});
afterAll(async () => {
  await dashboard?.stop();
  await stack?.stop();
});

/** Asks for events and reads none of them. */
async function openPage(run: string): Promise<IncomingMessage> {
  const url = new URL(`/api/events?topics=runs,workers,queues&run=${run}`, dashboard.url);
  const asked = request(url, { agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return response;
}

const statusOf = async (run: string) => (await stack.store.load(run)).status;

test('a run is the same with more pages than there is room for, none of which reads, and with the dashboard killed', async () => {
  const pipeline = await writeNumbers(stack.folder, ROWS, 100);
  const { run } = JSON.parse((await stack.cli('run', pipeline, '--json')).stdout) as { run: string };
  const pages = await Promise.all(Array.from({ length: PAGES }, () => openPage(run)));
  const answers = pages.map(({ statusCode }) => statusCode);
  expect(answers.filter((status) => status === 200)).toHaveLength(ROOM);
  expect(answers.filter((status) => status === 503)).toHaveLength(PAGES - ROOM);

  await stack.start('extractor');
  await until(async () => (await stack.store.done(run)).size > 0, 'a task is done');
  expect((await fetch(new URL('/api/runs', dashboard.url))).status).toBe(200);
  await dashboard.kill();
  // The rest of the run is still to come: nobody was there to do it.
  expect(['extracting', 'transforming']).toContain(await statusOf(run));
  await Promise.all((['transformer', 'loader'] as const).map((service) => stack.start(service)));
  await until(async () => (await statusOf(run)) === 'published', 'the run is published');

  const sql = 'SELECT count(*) AS rows, count(DISTINCT id) AS ids, sum(id) AS total FROM numbers_kept';
  const { stdout } = await stack.cli('query', pipeline, sql, '--json');
  expect((JSON.parse(stdout) as { rows: unknown[] }).rows).toEqual([
    { rows: ROWS, ids: ROWS, total: (ROWS * (ROWS - 1)) / 2 },
  ]);
  dashboard = await startDashboard(stack);
  const seen = await fetch(new URL(`/api/runs/${run}`, dashboard.url));
  expect(await seen.json()).toMatchObject({ live: { status: 'published' } });
  for (const page of pages) page.destroy();
}, 90_000);
