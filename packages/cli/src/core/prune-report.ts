import type { Kept, Pruning, Removal } from '@millrace/shared/core/prune-plan';

import { sum } from '@millrace/shared/core/report/run-view';

/** What `prune` prints with `--json`. The fields are stable: new ones may come, none changes its meaning. */
export interface PruneReport {
  readonly dry_run: boolean;
  readonly removed_objects: number;
  readonly removed_bytes: number;
  readonly runs: readonly PrunedRun[];
  /** Folders that engines of killed workers have left on this machine. */
  readonly spill: { readonly folders: number; readonly size_bytes: number };
  /** Given up, but taken over by a run that needs it. */
  readonly held: readonly HeldData[];
  readonly kept: readonly { readonly run: string; readonly why: Kept }[];
}

interface Amount {
  readonly objects: number;
  readonly size_bytes: number;
}

interface PrunedRun extends Amount {
  readonly run: string;
  readonly by_reason: Readonly<Partial<Record<Removal['why'], Amount>>>;
}

interface HeldData extends Amount {
  readonly run: string;
  readonly needed_by: string;
}

export function reportPruning(
  { removals, held, kept }: Pruning,
  spill: readonly { readonly sizeBytes: number }[],
  dryRun: boolean,
): PruneReport {
  const spilled = sum(spill, ({ sizeBytes }) => sizeBytes);
  return {
    dry_run: dryRun,
    removed_objects: removals.length,
    removed_bytes: amountOf(removals).size_bytes + spilled,
    runs: [...groupBy(removals, ({ run }) => run)].map(([run, own]) => ({
      run,
      ...amountOf(own),
      by_reason: Object.fromEntries(
        [...groupBy(own, ({ why }) => why)].map(([why, some]) => [why, amountOf(some)]),
      ),
    })),
    spill: { folders: spill.length, size_bytes: spilled },
    held: [...groupBy(held, ({ run, borrower }) => `${run} ${borrower}`)].flatMap(([, own]) => {
      const [first] = own;
      return first === undefined ? [] : [{ run: first.run, needed_by: first.borrower, ...amountOf(own) }];
    }),
    kept: [...kept].map(([run, why]) => ({ run, why })),
  };
}

function amountOf(objects: readonly { readonly sizeBytes: number }[]): Amount {
  return { objects: objects.length, size_bytes: sum(objects, ({ sizeBytes }) => sizeBytes) };
}

function groupBy<T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
