import { existsSync } from 'node:fs';

import { fail } from '@millrace/shared/core/errors';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';
import { createRunStore, type RunStore } from '@millrace/shared/runtime/run-store';

import { openLocalBucket } from './local-bucket.ts';

export interface FoundRun {
  readonly bucket: Bucket;
  readonly store: RunStore;
  readonly run: string;
}

/**
 * The run of the given id, else the latest. Whether a given run exists is found out by loading it.
 * @throws `run_not_found` when nothing has run yet
 */
export async function findRun(config: Config, given: string | undefined): Promise<FoundRun> {
  // Asking must not make a bucket where there is none.
  if (existsSync(config.bucket)) {
    const bucket = await openLocalBucket(config);
    const store = createRunStore(bucket);
    const run = given ?? (await store.list(1))[0];
    if (run !== undefined) return { bucket, store, run };
  }
  throw fail('run_not_found', {
    message: 'Nothing has run yet.',
    where: config.bucket,
    hint: 'Run a pipeline: `millrace run <pipeline> --wait`, or `millrace demo`.',
  });
}
