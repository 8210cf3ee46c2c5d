import { existsSync } from 'node:fs';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import type { Bundle } from '@millrace/shared/contracts/bundle-v1';
import type { Plan } from '@millrace/shared/core/plan';
import { makeRunId } from '@millrace/shared/core/run';
import type { Config } from '@millrace/shared/runtime/config';
import { bundleHash } from '@millrace/shared/runtime/deploy';
import { openPlanMemory } from '@millrace/shared/runtime/plan-memory';

/** The plan that a run would have now. Reads the sources and writes nothing. */
export async function previewPlan(bundle: Bundle, config: Pick<Config, 'bucket'>): Promise<Plan> {
  // It brings DuckDB and all readers along.
  const { planRun } = await import('@millrace/sources/plan/run-planner');
  const plannedAt = new Date().toISOString();
  // Where nothing has run yet there is nothing to know, and asking must not make a bucket.
  const bucket = existsSync(config.bucket) ? await openFolderBucket(config.bucket) : null;
  return planRun({
    bundle,
    bundleHash: bundleHash(bundle),
    run: makeRunId(plannedAt, '00000000'),
    plannedAt,
    memory: bucket === null ? null : openPlanMemory(bucket, bundle.pipeline),
  });
}
