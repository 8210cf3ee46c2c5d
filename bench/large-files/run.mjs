// How much memory does each worker need for one large file? See README.md.
//
//   node bench/large-files/run.mjs [--gigabytes 2] [--dir /somewhere/with/space]
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { requestRun } from '@millrace/shared/runtime/request-run';
import { createRunStore } from '@millrace/shared/runtime/run-store';
import { startTestRedis } from '@millrace/shared/testing/with-redis';
import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';

import { endService, peakMegabytes, startService } from '../service-process.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SERVICES = ['extractor', 'extractor', 'transformer', 'loader'];
const MEGABYTE = 1024 * 1024;

const { values } = parseArgs({
  options: { gigabytes: { type: 'string', default: '2' }, dir: { type: 'string', default: tmpdir() } },
});
const targetBytes = Number(values.gigabytes) * 1024 * MEGABYTE;

const folder = await realpath(await mkdtemp(path.join(values.dir, 'millrace-bench-')));
const redis = await startTestRedis(process.env);
try {
  console.log(
    `node ${process.version}, ${cpus().length} cores, ${Math.round(totalmem() / 1024 / MEGABYTE)} GiB`,
  );
  console.log('| file | MB | s | MB/s | records | extractor peak MB | transformer | loader |');
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const shape of ['lines', 'array']) await measure(shape);
} finally {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measure(shape) {
  const pipeline = path.join(folder, shape);
  const file = await makeLargeFile(pipeline, shape);
  await writePipeline(pipeline);
  const home = path.join(pipeline, 'home');
  const environment = {
    ...process.env,
    REDIS_URL: redis.url,
    MILLRACE_HOME: home,
    MILLRACE_QUEUE_PREFIX: `{${shape}}`,
  };
  const workers = await Promise.all(SERVICES.map((service) => startService(service, environment)));
  const bucket = await openFolderBucket(path.join(home, 'bucket'));
  const queue = await connectQueue({ redisUrl: redis.url, prefix: `{${shape}}`, attempts: 1 });
  try {
    const startedAt = Date.now();
    const deployed = await deployFolder(bucket, pipeline);
    const { run } = await requestRun(bucket, queue, { ...deployed, trigger: 'cli', key: null, full: true });
    const state = await waitForEnd(createRunStore(bucket), run);
    if (state.status !== 'published') throw new Error(JSON.stringify(state.failure));
    const seconds = (Date.now() - startedAt) / 1000;
    const records = [...state.manifests.values()].flatMap(({ extracted }) => extracted?.files ?? []);
    const seen = records.reduce((sum, { seen: count }) => sum + count, 0);
    const megabytes = (await stat(file)).size / 1e6;
    const peaks = await Promise.all(workers.map(peakMegabytes));
    const [first = 0, second = 0, transformer = 0, loader = 0] = peaks;
    const cells = [shape, megabytes.toFixed(0), seconds.toFixed(1), (megabytes / seconds).toFixed(0), seen];
    console.log(`| ${[...cells, `${first}, ${second}`, transformer, loader].join(' | ')} |`);
  } finally {
    await queue.close();
    await Promise.all(workers.map(endService));
    await rm(pipeline, { recursive: true, force: true });
  }
}

/** One block of real-looking orders, repeated until the file is large: what counts is its size. */
async function makeLargeFile(pipeline, shape) {
  const block = path.join(pipeline, 'block');
  await generateStorefront({ dir: block, orders: 200_000, seed: 1, badRatio: 0, files: 1 });
  const source = path.join(block, 'orders/orders-0001.json');
  const file = path.join(pipeline, 'data/orders.json');
  await mkdir(path.dirname(file), { recursive: true });
  const out = createWriteStream(file);
  let separator = shape === 'array' ? '[' : '';
  for (let size = 0; size < targetBytes; size += (await stat(source)).size) {
    for await (const line of createInterface({ input: createReadStream(source) })) {
      if (line === '') continue;
      if (!out.write(shape === 'array' ? `${separator}${line}` : `${line}\n`)) await once(out, 'drain');
      if (shape === 'array') separator = ',\n';
    }
  }
  out.end(shape === 'array' ? ']' : '');
  await once(out, 'close');
  await rm(block, { recursive: true });
  return file;
}

async function writePipeline(pipeline) {
  const original = await readFile(path.join(ROOT, 'pipelines/storefront/pipeline.yml'), 'utf8');
  const orders = original.slice(original.indexOf('sources:'), original.indexOf('  shop:'));
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await writeFile(
    path.join(pipeline, 'models/counts.sql'),
    'SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM order_items) AS items',
  );
  await writeFile(
    path.join(pipeline, 'pipeline.yml'),
    `name: large_file\n${orders.replace('data/orders/*.json', 'data/orders.json')}\nmodels:\n  counts: { load: append }\ndestination: { type: sqlite, path: out.db }\n`,
  );
}

async function waitForEnd(store, run) {
  for (;;) {
    const state = await store.load(run);
    if (state.status === 'published' || state.status === 'failed') return state;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
