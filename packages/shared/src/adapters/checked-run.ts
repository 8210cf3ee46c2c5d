import { MAX_FAILURES } from '../core/check.ts';
import { driftRecords } from '../core/drift-record.ts';
import { runChecks, type CheckedRun, type FailingRow } from '../core/run-checks.ts';
import type { Bucket } from '../ports/bucket.ts';
import { openEngine } from './duckdb.ts';
import { readFailingRows } from './failing-rows.ts';
import type { TracedRun } from './row-origins.ts';

/** For a thousand rows at a time. */
const ENGINE = { memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null } as const;

/** What the checks of a run found, with the bad rows that were kept: all that a destination remembers of it. */
export async function readCheckedRun(bucket: Bucket, run: TracedRun): Promise<CheckedRun> {
  const checked = [...run.manifests.values()].flatMap((manifest) => manifest.checked ?? []);
  const failing = checked.flatMap(({ results }) => results.filter(({ failures }) => failures !== null));
  const drift = driftRecords(run.plan, run.manifests.values());
  const checks = { ...runChecks(checked), drift };
  if (failing.length === 0) return { ...checks, failures: [] };
  const engine = await openEngine(ENGINE);
  try {
    const failures: FailingRow[] = [];
    for (const result of failing)
      failures.push(...(await readFailingRows(engine, bucket, run, result, MAX_FAILURES)));
    return { ...checks, failures };
  } finally {
    await engine.close();
  }
}
