import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { deployFolder } from '@millrace/shared/runtime/deploy';
import { planJob, requestRun } from '@millrace/shared/runtime/request-run';

import { requestPlanned } from '../support/request-planned.mjs';

const POLL_MS = 20;
const FILES = 20;
const ROWS_PER_BATCH = 50;
/** So long that the files are read in more tasks than one. */
const NOTE = 'n'.repeat(1400);

/**
 * A run of so many staged batches, as anybody would make it: many rows in small batches, with a model and a load.
 * @returns once it is planned
 */
export async function requestBatches(stack, folder, count) {
  const pipeline = await writePipeline(folder, 'batches', FILES, (count * ROWS_PER_BATCH) / FILES);
  const deployed = await deployFolder(stack.bucket, pipeline);
  const wish = { ...deployed, trigger: 'cli', key: null, full: true };
  const { run } = await requestRun(stack.bucket, stack.queue, wish);
  while ((await stack.store.plan(run)) === null) await delay(POLL_MS);
  return { run, name: `${count} batches`, isOver: async () => (await stack.store.done(run)).has('load-1') };
}

/** A run whose plan has so many tasks, each of which reads the same record: planning would put a source of this size into one. */
export async function requestTasks(stack, folder, count) {
  const pipeline = await writePipeline(folder, 'tasks', 1, 1);
  const request = await requestPlanned(stack, pipeline, (plan) => {
    const first = plan.tasks.find(({ kind }) => kind === 'extract');
    const id = (index) => `extract-numbers-${String(index + 1).padStart(5, '0')}`;
    return { ...plan, tasks: Array.from({ length: count }, (_, index) => ({ ...first, id: id(index) })) };
  });
  await stack.queue.add('extract', [planJob(request, 1, 1)]);
  return {
    run: request.run,
    name: `${count} tasks`,
    isOver: async () => (await stack.store.done(request.run)).size === count,
  };
}

async function writePipeline(folder, name, files, rows) {
  const pipeline = path.join(folder, name);
  if (existsSync(pipeline)) return pipeline;
  for (const part of ['models', 'data']) await mkdir(path.join(pipeline, part), { recursive: true });
  await writeFile(path.join(pipeline, 'models/kept.sql'), 'SELECT id FROM numbers\n');
  for (let file = 0; file < files; file += 1) {
    const lines = Array.from({ length: rows }, (_, row) => `${file * rows + row},${NOTE}\n`);
    await writeFile(path.join(pipeline, `data/${file}.csv`), `id,note\n${lines.join('')}`);
  }
  await writeFile(
    path.join(pipeline, 'pipeline.yml'),
    `name: ${name}
sources:
  numbers: { type: csv, path: data/*.csv, tables: { numbers: { columns: { id: { type: integer }, note: { type: text } } } } }
batch: { rows: ${ROWS_PER_BATCH} }
models: { kept: { load: append } }
destination: { type: sqlite, path: out.db }
`,
  );
  return pipeline;
}
