import { DEFAULT_CONTRACT, type ColumnsMode } from './contract.ts';
import { sumDrift, type DriftCount, type DriftKind, type MetDrift } from './drift.ts';
import type { Manifest } from './manifest.ts';
import type { Plan, StagedTable } from './plan.ts';
import type { RunFailure } from './run.ts';
import { formatValuePath } from './value-path.ts';
import { formatColumnType } from './column-type.ts';

/** A difference between declared columns and data of one run: what planning saw of it, and what reading counted. */
export interface DriftRecord extends MetDrift {
  /** Values that were left out, or absent fields taken for null, because the contract says so; counted over all records. */
  readonly values: number;
}

/** With what ended the run, if that was drift: before there was a plan, or in a record that breaks a contract. */
export function runDrift({
  plan,
  manifests,
  failure,
}: {
  readonly plan: Pick<Plan, 'drift' | 'tables'> | null;
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly failure: RunFailure | null;
}): DriftRecord[] {
  const known = plan === null ? [] : driftRecords(plan, manifests.values());
  const keys = new Set(known.map(keyOf));
  const ended = (failure?.error.drift ?? []).filter((one) => !keys.has(keyOf(one)));
  return [...known, ...ended.map((one) => ({ ...one, values: 0 }))];
}

/** @param manifests of the run's tasks, as far as they are done */
export function driftRecords(
  { drift, tables }: Pick<Plan, 'drift' | 'tables'>,
  manifests: Iterable<Manifest>,
): DriftRecord[] {
  const counts = new Map(
    sumDrift([...manifests].flatMap(({ extracted }) => extracted?.drift ?? [])).map((count) => [
      keyOf(count),
      count,
    ]),
  );
  const planned = drift.map((one): DriftRecord => {
    const count = counts.get(keyOf(one));
    counts.delete(keyOf(one));
    return { ...one, values: count?.values ?? 0 };
  });
  const others = [...counts.values()].map((count) => ({ ...metDrift(tables, count), values: count.values }));
  return [...planned, ...others];
}

function keyOf({ table, kind, path }: Pick<DriftCount, 'table' | 'kind' | 'path'>): string {
  return JSON.stringify([table, kind, path]);
}

/** What reading met, which knows nothing of samples. */
export function metDrift(
  tables: readonly StagedTable[],
  { table, kind, path, example }: Omit<DriftCount, 'values'>,
): MetDrift {
  const staged = tables.find(({ name }) => name === table);
  const column = staged?.columns.find((candidate) => formatValuePath(candidate.path) === path);
  const declared = column === undefined ? null : formatColumnType(column.type);
  const mode = modeOf(staged?.contract ?? DEFAULT_CONTRACT, kind);
  return {
    table,
    kind,
    column: column?.name ?? path,
    path,
    declared,
    found: null,
    rows: null,
    sampledRows: null,
    example,
    mode,
  };
}

function modeOf(
  { newColumns, missingColumns, changedTypes }: typeof DEFAULT_CONTRACT,
  kind: DriftKind,
): ColumnsMode {
  return { new_column: newColumns, missing_column: missingColumns, changed_type: changedTypes }[kind];
}
