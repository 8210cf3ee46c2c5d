import type { BatchReference, ColumnSchema } from '@millrace/shared/core/batch';
import type { TableProfile } from '@millrace/shared/core/check';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { RunState } from '@millrace/shared/runtime/run-store';

/** A table as one run made it. */
export interface RunTable {
  readonly run: string;
  readonly name: string;
  readonly columns: readonly ColumnSchema[];
  /** Null when they were pruned. */
  readonly batches: readonly BatchReference[] | null;
  /** Where its rows can still be told from those of other runs, because they are appended; else null. */
  readonly published: Destination | null;
  /** Of the model's merge or the staged table; null where nobody said one. */
  readonly key: readonly string[] | null;
  readonly profile: TableProfile | null;
}

/** The models that a run has made, and its staged tables where they are asked for; in the order of the plan. */
export function runTables(state: RunState, staged: boolean): RunTable[] {
  const { plan } = state;
  if (plan === null) return [];
  const models = plan.models.flatMap(({ name, load }) => {
    const key = load?.kind === 'merge' ? load.key : null;
    const isAppended = load?.kind === 'append' && state.status === 'published';
    return runTable(state, { name, key, published: isAppended ? (plan.destinations[0] ?? null) : null });
  });
  if (!staged) return models;
  const tables = plan.tables.flatMap(({ name, key }) =>
    runTable(state, { name, key: key.length === 0 ? null : key, published: null }),
  );
  return [...tables, ...models];
}

/** None when a task that makes it is not done. */
function runTable(state: RunState, table: Pick<RunTable, 'name' | 'key' | 'published'>): RunTable[] {
  const makers = (state.plan?.tasks ?? []).filter(
    (task) =>
      (task.kind === 'model' && task.model === table.name) ||
      (task.kind === 'extract' && task.tables.includes(table.name)),
  );
  const manifests = makers.flatMap(({ id }) => state.manifests.get(id) ?? []);
  const outputs = manifests.flatMap((manifest) =>
    manifest.outputs.filter((output) => output.table === table.name),
  );
  const [first] = outputs;
  if (first === undefined || manifests.length < makers.length) return [];
  const isPruned = makers.some(({ id }) => state.pruned.some(({ tasks }) => tasks.includes(id)));
  const checked = [...state.manifests.values()].find((manifest) => manifest.checked?.table === table.name);
  return [
    {
      ...table,
      run: state.request.run,
      columns: first.columns,
      batches: isPruned ? null : outputs.flatMap(({ batches }) => batches),
      profile: checked?.checked?.profile ?? null,
    },
  ];
}
