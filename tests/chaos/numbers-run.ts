import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { connectQueue } from '@millrace/shared/adapters/bullmq-queue';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { requestRun } from '@millrace/shared/runtime/request-run';

import { writeNumbers } from '../support/numbers-pipeline.ts';
import { queryRow } from '../support/published.ts';
import { until } from '../support/until.ts';
import type { Cluster } from './harness/cluster.ts';

/** A deployed pipeline of numbers, of which each run appends all rows anew. */
export interface Numbers {
  readonly pipeline: string;
  readonly database: string;
  /** @returns the id of a new run */
  request(): Promise<string>;
  published(run: string): Promise<void>;
  /** Rows of the run in the destination, how many are different, and their sum. */
  loaded(run: string): Record<string, unknown>;
  /** What `loaded` has to be. */
  readonly all: Record<string, unknown>;
}

export interface NumbersShape {
  readonly rows: number;
  readonly rowsPerBatch: number;
  /** SQL of the model; by default it takes the rows as they are. */
  readonly model?: string;
}

export const PREFIX = '{millrace}';

export async function deployNumbers(
  cluster: Cluster,
  { rows, rowsPerBatch, model }: NumbersShape,
): Promise<Numbers> {
  const pipeline = await writeNumbers(cluster.folder, rows, rowsPerBatch);
  if (model !== undefined) await writeFile(path.join(pipeline, 'models/numbers_kept.sql'), model);
  const bucket = await openFolderBucket(cluster.bucket);
  const deployed = await deployFolder(bucket, pipeline);
  const database = path.join(pipeline, 'out.db');
  return {
    pipeline,
    database,
    all: { rows, ids: rows, total: (rows * (rows - 1)) / 2 },
    async request() {
      const queue = await connectQueue({ redisUrl: cluster.redis.url, prefix: PREFIX, attempts: 5 });
      try {
        return (await requestRun(bucket, queue, { ...deployed, trigger: 'cli', key: null, full: true })).run;
      } finally {
        await queue.close();
      }
    },
    published: (run) =>
      until(async () => (await cluster.store.load(run)).status === 'published', `run ${run} is published`),
    loaded: (run) =>
      queryRow(
        database,
        `SELECT count(*) AS rows, count(DISTINCT id) AS ids, sum(id) AS total FROM numbers_kept WHERE _run_id = '${run}'`,
      ),
  };
}
