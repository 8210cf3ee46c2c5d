import { MAX_FAILURES } from '../core/check.ts';
import { runDrift } from '../core/drift-record.ts';
import { runChecks, type CheckedRun, type FailingRow } from '../core/run-checks.ts';
import type { RunFailure } from '../core/run.ts';
import type { Bucket } from '../ports/bucket.ts';
import { readContracts } from './contract-records.ts';
import { openEngine } from './duckdb.ts';
import { readFailingRows } from './failing-rows.ts';
import type { TracedRun } from './row-origins.ts';

/** For a thousand rows at a time. */
const ENGINE = { memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null } as const;

/** Of a run that has no plan: nothing was checked, and drift may be what has ended it. */
export async function readUnplannedRun(
  bucket: Bucket,
  pipeline: string,
  failure: RunFailure | null,
): Promise<CheckedRun> {
  const drift = runDrift({ plan: null, manifests: new Map(), failure });
  return { ...runChecks([]), failures: [], drift, contracts: await readContracts(bucket, pipeline) };
}

/**
 * What the checks of a run found, with the bad rows that were kept: all that a destination remembers of it.
 * @param failure what ended the run, which may be drift
 */
export async function readCheckedRun(
  bucket: Bucket,
  run: TracedRun,
  failure: RunFailure | null,
): Promise<CheckedRun> {
  const checked = [...run.manifests.values()].flatMap((manifest) => manifest.checked ?? []);
  const failing = checked.flatMap(({ results }) => results.filter(({ failures }) => failures !== null));
  const drift = runDrift({ ...run, failure });
  const contracts = await readContracts(bucket, run.plan.pipeline);
  const checks = { ...runChecks(checked), drift, contracts };
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
