import { openDestinationReader } from '../adapters/destination-reader.ts';
import type { Plan } from '../core/plan.ts';
import type { RunView } from '../core/report/run-view.ts';
import type { FailingRow } from '../core/run-checks.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { Config } from './config.ts';
import { withEngine } from './with-engine.ts';

/**
 * The first bad rows that were kept of a check, with the records that they were made of; from the destination when the
 * bucket has given up the data of the run.
 */
export async function readFailures(
  config: Config,
  bucket: Bucket,
  run: RunView,
  check: string,
  limit: number,
): Promise<FailingRow[]> {
  const { plan, manifests } = run;
  if (plan === null) return [];
  const manifest = [...manifests.values()].find(({ checked }) =>
    checked?.results.some((result) => result.check === check),
  );
  const result = manifest?.checked?.results.find((candidate) => candidate.check === check);
  if (manifest === undefined || result === undefined || result.failures === null) return [];
  const isPruned = run.pruned.some(({ tasks }) => tasks.includes(manifest.task));
  if (isPruned) return readKept(plan, check, limit);
  const { readFailingRows } = await import('../adapters/failing-rows.ts');
  return withEngine(config, (engine) => readFailingRows(engine, bucket, { plan, manifests }, result, limit));
}

async function readKept({ run, destinations }: Plan, check: string, limit: number): Promise<FailingRow[]> {
  for (const destination of destinations) {
    const reader = openDestinationReader(destination);
    try {
      const rows = await reader.failures(run, check, limit);
      if (rows.length > 0) return rows;
    } finally {
      await reader.close();
    }
  }
  return [];
}
