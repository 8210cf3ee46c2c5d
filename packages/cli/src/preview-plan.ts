import type { Bundle } from '@millrace/shared/contracts/bundle-v1';
import type { Plan } from '@millrace/shared/core/plan';
import { makeRunId } from '@millrace/shared/core/run';
import { bundleHash } from '@millrace/shared/runtime/deploy';

/** The plan that a run would have now. Reads the sources and writes nothing. */
export async function previewPlan(bundle: Bundle): Promise<Plan> {
  // It brings DuckDB and all readers along.
  const { planRun } = await import('@millrace/sources/plan/run-planner');
  const plannedAt = new Date().toISOString();
  return planRun({
    bundle,
    bundleHash: bundleHash(bundle),
    run: makeRunId(plannedAt, '00000000'),
    plannedAt,
  });
}
