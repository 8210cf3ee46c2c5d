import { createHash } from 'node:crypto';

import type { Bundle } from '@millrace/shared/contracts/bundle-v1';
import { writeJson } from '@millrace/shared/contracts/read-json';
import type { Plan } from '@millrace/shared/core/plan';
import { makeRunId } from '@millrace/shared/core/run';

/** The plan that a run would have now. Reads the sources and writes nothing. */
export async function previewPlan(bundle: Bundle): Promise<Plan> {
  // It brings DuckDB and all readers along.
  const { planRun } = await import('@millrace/sources/plan/run-planner');
  const plannedAt = new Date().toISOString();
  const bundleHash = createHash('sha256').update(writeJson(bundle)).digest('hex');
  return planRun({ bundle, bundleHash, run: makeRunId(plannedAt, '00000000'), plannedAt });
}
