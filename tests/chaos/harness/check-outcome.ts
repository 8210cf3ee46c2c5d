import type { Engine } from '@millrace/shared/adapters/duckdb';
import type { RunStatus } from '@millrace/shared/core/status';

import type { StruckFault } from '../outcome.ts';
import { checkHistory, checkLedger, checkRejects, checkTables } from './check-run.ts';
import type { Cluster } from './cluster.ts';
import type { Dataset, Expected } from './dataset.ts';

export interface EndedRun {
  readonly run: string;
  readonly status: RunStatus;
  readonly failure: { readonly code: string; readonly text: string } | null;
  /** Requested after all faults were over: it has to be published. */
  readonly isLast: boolean;
}

export interface Ended {
  readonly cluster: Cluster;
  readonly dataset: Dataset;
  readonly engine: Engine;
  readonly database: string;
  readonly faults: readonly StruckFault[];
  readonly runs: readonly EndedRun[];
}

/** What is wrong with that which is left when all has ended. */
export async function checkOutcome({
  cluster,
  dataset,
  engine,
  database,
  faults,
  runs,
}: Ended): Promise<string[]> {
  const struck = (kind: StruckFault['kind']) => faults.filter((fault) => fault.kind === kind);
  const isChanged = struck('source_change').length > 0;
  const versions: readonly Expected[] = isChanged ? [dataset.before, dataset.after] : [dataset.before];
  const lines = cluster.workers.flatMap((worker) => worker.lines);
  const damaged = new Set(struck('damage').map(({ object }) => object ?? ''));
  const wrong: string[] = [];
  for (const ended of runs) {
    const { run, status, isLast } = ended;
    const checked = { run, bucket: cluster.bucket, database, damaged };
    wrong.push(...checkHistory(checked, lines, status));
    if (status === 'published') {
      const read = isLast ? versions.slice(-1) : versions;
      wrong.push(...checkTables(checked, read), ...(await checkRejects(engine, checked, read)));
    } else if (isLast || !mayEndSo(ended, { isChanged, damaged, cancelled: struck('cancel') })) {
      wrong.push(
        `run ${run} ended as ${status}${ended.failure === null ? '' : ` with ${ended.failure.text}`}`,
      );
    }
  }
  const published = runs.filter(({ status }) => status === 'published').map(({ run }) => run);
  const others = runs.filter(({ status }) => status !== 'published').map(({ run }) => run);
  const known = await cluster.store.list();
  if (known.length !== runs.length)
    wrong.push(`${runs.length} runs were requested, and the bucket has ${known.length}`);
  return [...wrong, ...checkLedger(database, published, others)];
}

interface Excuses {
  readonly isChanged: boolean;
  readonly damaged: ReadonlySet<string>;
  readonly cancelled: readonly StruckFault[];
}

/** A run may end without publishing only by what was done to it, and has to say so by name. */
function mayEndSo({ run, status, failure }: EndedRun, { isChanged, damaged, cancelled }: Excuses): boolean {
  if (status === 'cancelled') return cancelled.some((fault) => fault.run === run);
  if (failure === null) return false;
  if (isChanged && failure.code === 'source_changed') return true;
  return [...damaged].some((object) => failure.text.includes(object));
}
