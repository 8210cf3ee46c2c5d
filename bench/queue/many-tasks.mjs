import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { planJob } from '@millrace/shared/runtime/request-run';

import { requestPlanned } from '../support/request-planned.mjs';

const POLL_MS = 100;
const EXTRACTORS = 2;

/**
 * A run whose plan has so many tasks, all of which read the same record: planning would put a source of this size into one.
 * Models and load, which would find each record many times, are left out.
 * @returns {Promise<{ wallMs: number, workMs: number, overMs: number }>} `overMs`: of an extractor's time per task, what is not the task's own
 */
export async function runManyTasks(stack, folder, count) {
  const pipeline = path.join(folder, 'many');
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await writeFile(path.join(pipeline, 'models/kept.sql'), 'SELECT id FROM numbers\n');
  await writeFile(path.join(pipeline, 'numbers.csv'), 'id\n1\n');
  await writeFile(
    path.join(pipeline, 'pipeline.yml'),
    `name: many
sources: { numbers: { type: csv, path: numbers.csv, tables: { numbers: { columns: { id: { type: integer } } } } } }
models: { kept: { load: append } }
destination: { type: sqlite, path: out.db }
`,
  );
  const request = await requestPlanned(stack, pipeline, (plan) => withTasks(plan, count));
  const startedAt = performance.now();
  await stack.queue.add('extract', [planJob(request, 1, 1)]);
  while ((await stack.store.done(request.run)).size < count) {
    const failure = await stack.store.failure(request.run);
    if (failure !== null) throw new Error(failure.error.message);
    await delay(POLL_MS);
  }
  const wallMs = performance.now() - startedAt;
  const { manifests } = await stack.store.load(request.run);
  const spans = [...manifests.values()].map(
    ({ startedAt: from, finishedAt: to }) => Date.parse(to) - Date.parse(from),
  );
  const workMs = spans.reduce((sum, ms) => sum + ms, 0);
  return { wallMs, workMs, overMs: (wallMs * EXTRACTORS - workMs) / count };
}

function withTasks(plan, count) {
  const first = plan.tasks.find(({ kind }) => kind === 'extract');
  const tasks = Array.from({ length: count }, (_, index) => ({
    ...first,
    id: `extract-numbers-${String(index + 1).padStart(5, '0')}`,
  }));
  return { ...plan, tasks };
}
