import { taskImbalances } from './conservation.ts';
import { balanceFiles, type FileBalance } from './file-balance.ts';
import type { Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';
import { balanceTables, type TableBalance } from './table-balance.ts';

/**
 * Every count that a run's manifests hold, side by side: records per file, rows per table from its batches to the
 * destinations. Files count records and tables count rows: a record makes any number of rows in an `each` table.
 */
export interface BalanceSheet {
  /** In the order of the plan. */
  readonly files: readonly FileBalance[];
  readonly tables: readonly TableBalance[];
  /** Where counts disagree, a sentence each; empty when all that is done so far balances. */
  readonly imbalances: readonly string[];
}

/**
 * The balance sheet of a run as far as it is done.
 * @param manifests by task id; those of tasks that are still open are missing
 */
export function balanceSheet(plan: Plan, manifests: ReadonlyMap<string, Manifest>): BalanceSheet {
  const extracts = plan.tasks.filter((task) => task.kind === 'extract');
  const inTasks = extracts.flatMap((task) => {
    const manifest = manifests.get(task.id);
    return manifest === undefined ? [] : taskImbalances(plan, task, manifest);
  });
  const { tables, imbalances } = balanceTables(plan, manifests);
  return { files: balanceFiles(plan, manifests), tables, imbalances: [...inTasks, ...imbalances] };
}
