import { openEngine } from '../adapters/duckdb.ts';
import { readFailingRows } from '../adapters/failing-rows.ts';
import type { CheckResult } from '../core/check.ts';
import { checkFailedError, failedChecks, TOLD_CHECKS } from '../core/failed-checks.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Plan } from '../core/plan.ts';
import type { Bucket } from '../ports/bucket.ts';

/** Bad rows told of each check. */
const EXAMPLES = 2;
const MAX_EXAMPLE_LENGTH = 300;
const ENGINE = { memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null } as const;

/**
 * Throws `check_failed`, with bad rows, when one of these manifests has a check that failed with severity error.
 * @param manifests by task id
 */
export async function requireChecks(
  bucket: Bucket,
  plan: Plan,
  manifests: ReadonlyMap<string, Manifest>,
): Promise<void> {
  const failed = failedChecks(manifests.values());
  if (failed.length > 0) {
    throw checkFailedError(plan.run, failed, await readExamples(bucket, plan, failed.slice(0, TOLD_CHECKS)));
  }
}

async function readExamples(bucket: Bucket, plan: Plan, failed: readonly CheckResult[]) {
  const examples = new Map<string, string[]>();
  const engine = await openEngine(ENGINE);
  try {
    for (const result of failed) {
      // Their origins are not told here, so no manifests are needed to find them.
      const rows = await readFailingRows(engine, bucket, { plan, manifests: new Map() }, result, EXAMPLES);
      examples.set(
        result.check,
        rows.map(({ row }) =>
          row.length > MAX_EXAMPLE_LENGTH ? `${row.slice(0, MAX_EXAMPLE_LENGTH - 1)}…` : row,
        ),
      );
    }
  } finally {
    await engine.close();
  }
  return examples;
}
