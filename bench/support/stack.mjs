import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { requestRun } from '@millrace/shared/runtime/request-run';
import { createRunStore } from '@millrace/shared/runtime/run-store';
import { startTestRedis } from '@millrace/shared/testing/with-redis';

import { endService, startService } from '../service-process.mjs';
import { watchMemory } from './peak-memory.mjs';

const POLL_MS = 2;
/** Polls between two looks whether the run has failed. */
const POLLS_PER_LOOK = 100;
/** What follows a run (its record, idle processes that end) is not to meet the next one. */
const REST_MS = 500;

/**
 * Warm services with a Redis of their own (or that of REDIS_URL), as `millrace up` starts them.
 * @param {string} folder a home is made in it
 * @param {{ extractors?: number, environment?: NodeJS.ProcessEnv }} wish
 */
export async function openStack(folder, { extractors = 2, environment = {} } = {}) {
  const home = path.join(folder, `home-${extractors}`);
  await mkdir(home, { recursive: true });
  const redis = await startTestRedis(process.env);
  const names = [...Array(extractors).fill('extractor'), 'transformer', 'loader'];
  const settings = {
    ...process.env,
    REDIS_URL: redis.url,
    MILLRACE_HOME: home,
    MILLRACE_QUEUE_PREFIX: redis.prefix,
    ...environment,
  };
  const startedAt = performance.now();
  const readyMs = [];
  const start = async (name, index) => {
    const worker = await startService(name, settings);
    readyMs[index] = performance.now() - startedAt;
    return worker;
  };
  const workers = await Promise.all(names.map(start));
  const bucket = await openFolderBucket(path.join(home, 'bucket'));
  const queue = await connectQueue({ redisUrl: redis.url, prefix: redis.prefix, attempts: 5 });
  const store = createRunStore(bucket);
  return {
    home,
    environment: settings,
    names,
    readyMs,
    workers,
    bucket,
    queue,
    store,
    /** Runs a pipeline folder as if nothing of it were known. */
    async run(pipeline) {
      await rm(path.join(home, 'bucket/known-files'), { recursive: true, force: true });
      const deployed = await deployFolder(bucket, pipeline);
      const memory = watchMemory(workers.map(({ pid }) => pid));
      const startedAt = performance.now();
      const { run } = await requestRun(bucket, queue, { ...deployed, trigger: 'cli', key: null, full: true });
      await published(path.join(home, 'bucket'), store, run);
      const durationMs = performance.now() - startedAt;
      await delay(REST_MS);
      const peaks = memory.stop().map((members) => Math.max(...members));
      return {
        durationMs,
        peaks: Object.fromEntries(names.map((name, index) => [`${name} ${index}`, peaks[index]])),
        run,
      };
    },
    async close() {
      await queue.close();
      await Promise.all(workers.map(endService));
      await redis.stop();
    },
  };
}

/** Returns when the manifest of the load is there: the transaction that publishes has then ended. */
async function published(bucketFolder, store, run) {
  const manifest = path.join(bucketFolder, bucketLayout.manifest(run, 'load-1'));
  for (let poll = 1; !existsSync(manifest); poll += 1) {
    await delay(POLL_MS);
    if (poll % POLLS_PER_LOOK !== 0) continue;
    const failure = await store.failure(run);
    if (failure !== null) throw new Error(`The run failed: ${failure.error.message}`);
  }
}
