import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { modelProcesses } from '../support/model-processes.ts';
import { writeShop, writeShopData } from '../support/shop-pipeline.ts';
import { startTestStack, type TestStack, type TestWorker } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

/** Writes without an end: its object grows, and nothing of it may ever be seen. */
const ENDLESS = 'SELECT o.order_id, a.range AS a FROM orders o, range(100_000_000_000) a\n';
/** Below what a handed back job may take, and far below the model. */
const SOON_MS = 10_000;

let stack: TestStack;
let modeled: string;

beforeAll(async () => {
  stack = await startTestStack(['extractor'], { MILLRACE_SHUTDOWN_TIMEOUT_MS: '500' });
  const pipeline = await writeShop(stack.folder);
  await writeShopData(pipeline);
  for (const model of ['sales', 'fees', 'people']) {
    await writeFile(path.join(pipeline, `models/${model}.sql`), ENDLESS);
  }
  const started = await stack.cli('run', pipeline, '--json');
  expect(started.stderr).toBe('');
  const run = (JSON.parse(started.stdout) as { run: string }).run;
  modeled = path.join(stack.folder, 'home/bucket/runs', run, 'modeled');
});
afterAll(() => stack.stop());

const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

async function workingTransformer(): Promise<{ worker: TestWorker; model: number }> {
  const worker = await stack.start('transformer');
  await until(async () => (await modelProcesses(worker.pid)).length === 1, 'a model has its process');
  await until(async () => (await filesIn(modeled)).length > 0, 'the model writes');
  const [model = 0] = await modelProcesses(worker.pid);
  return { worker, model };
}

async function expectNothingLeft(worker: TestWorker): Promise<void> {
  await until(async () => (await modelProcesses(worker.pid)).length === 0, 'the model has ended', SOON_MS);
  expect(await filesIn(modeled)).toEqual([]);
  expect(await readdir(path.join(stack.folder, 'home/spill')).catch(() => [])).toEqual([]);
}

test('a worker that must stop hands its model back in time, and leaves nothing of it', async () => {
  const { worker } = await workingTransformer();
  const startedMs = performance.now();
  await worker.kill('SIGTERM');
  expect(performance.now() - startedMs).toBeLessThan(SOON_MS);
  expect(worker.exitCode()).toBe(0);
  expect(worker.lines.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/handed back/));
  await expectNothingLeft(worker);
});

test('a worker that is killed takes its model with it, and what that was writing', async () => {
  const { worker } = await workingTransformer();
  await worker.kill('SIGKILL');
  await expectNothingLeft(worker);
});

test('a model whose process is killed is tried again, by the same worker', async () => {
  const { worker, model } = await workingTransformer();
  process.kill(model, 'SIGKILL');
  await until(
    () => worker.lines.some(({ code }) => code === 'model_process_ended'),
    'the worker says that its model was ended',
  );
  await until(async () => {
    const [next = model] = await modelProcesses(worker.pid);
    return next !== model;
  }, 'the model, or another, runs again');
  expect(worker.exitCode()).toBeNull();
  await worker.kill('SIGTERM');
  await expectNothingLeft(worker);
});
