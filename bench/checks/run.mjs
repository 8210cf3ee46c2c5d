// What do checks and the profile of every table cost? See README.md.
//
//   node bench/checks/run.mjs [--orders 600000] [--rounds 5]
import { cp, mkdtemp, realpath, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { planJob } from '@millrace/shared/runtime/request-run';
import { createRunStore } from '@millrace/shared/runtime/run-store';
import { startTestRedis } from '@millrace/shared/testing/with-redis';
import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';

import { cpuSeconds, endService, startService } from '../service-process.mjs';
import { requestPlanned } from '../support/request-planned.mjs';

const STOREFRONT = path.join(import.meta.dirname, '../../pipelines/storefront');
const POLL_MS = 50;

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '600000' },
    rounds: { type: 'string', default: '5' },
  },
});

const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-bench-')));
const redis = await startTestRedis(process.env);
const environment = {
  ...process.env,
  REDIS_URL: redis.url,
  MILLRACE_HOME: path.join(folder, 'home'),
  MILLRACE_QUEUE_PREFIX: redis.prefix,
};
const workers = [];
try {
  const pipeline = await preparePipeline();
  for (const service of ['extractor', 'transformer', 'loader']) {
    workers.push(await startService(service, environment));
  }
  const bucket = await openFolderBucket(path.join(folder, 'home/bucket'));
  console.log(`node ${process.version}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
  // Not measured: processes start, and the system gets to know the files.
  const { checks } = await measure(bucket, pipeline, true);
  console.log(`${values.orders} orders, ${checks} checks`);
  console.log('| round | without s | with s | more | without CPU s | with CPU s | more |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  const rounds = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    // In turns, so that what else the machine does meets both.
    const without = await measure(bucket, pipeline, false);
    const checked = await measure(bucket, pipeline, true);
    print(round + 1, without, checked);
    rounds.push({ without, checked });
  }
  print('median', medians(rounds, 'without'), medians(rounds, 'checked'));
  console.log(`load at the end ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await Promise.all(workers.map(endService));
  await redis.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** The storefront example, with its checks, and its data. */
async function preparePipeline() {
  const pipeline = path.join(folder, 'storefront');
  const isData = (source) => path.relative(STOREFRONT, source).split(path.sep)[0] === 'data';
  await cp(STOREFRONT, pipeline, { recursive: true, filter: (source) => !isData(source) });
  await generateStorefront({ dir: path.join(pipeline, 'data'), orders: Number(values.orders), seed: 1 });
  return pipeline;
}

/** @returns seconds from the plan to the end of a run, and of the processor in all workers and their children */
async function measure(bucket, pipeline, checked) {
  await rm(path.join(pipeline, 'final_analytics.db'), { force: true });
  const store = createRunStore(bucket);
  const queue = await connectQueue({ redisUrl: redis.url, prefix: redis.prefix, attempts: 5 });
  try {
    const request = await requestPlanned({ bucket, store }, pipeline, (plan) =>
      checked ? plan : withoutChecks(plan),
    );
    const { checks, tasks } = await store.plan(request.run);
    const [startedAt, cpuBefore] = [Date.now(), await cpuSeconds(workers)];
    await queue.add('extract', [planJob(request, 1, 1)]);
    while ((await store.done(request.run)).size < tasks.length) {
      const failure = await store.failure(request.run);
      if (failure !== null) throw new Error(failure.error.message);
      await delay(POLL_MS);
    }
    const seconds = (Date.now() - startedAt) / 1000;
    return { seconds, cpu: (await cpuSeconds(workers)) - cpuBefore, checks: checks.length };
  } finally {
    await queue.close();
  }
}

function withoutChecks(plan) {
  const checks = new Set(plan.tasks.filter(({ kind }) => kind === 'check').map(({ id }) => id));
  const tasks = plan.tasks
    .filter(({ id }) => !checks.has(id))
    .map((task) => ({ ...task, dependsOn: task.dependsOn.filter((id) => !checks.has(id)) }));
  return { ...plan, checks: [], baselines: [], tasks };
}

function medians(rounds, kind) {
  const median = (of) => {
    const sorted = rounds.map((round) => round[kind][of]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  };
  return { seconds: median('seconds'), cpu: median('cpu') };
}

function print(round, without, checked) {
  const cells = ['seconds', 'cpu'].flatMap((of) => [
    without[of].toFixed(1),
    checked[of].toFixed(1),
    `${((checked[of] / without[of] - 1) * 100).toFixed(1)} %`,
  ]);
  console.log(`| ${[round, ...cells].join(' | ')} |`);
}
