import type { BatchReference } from '../core/batch.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Plan, StagedTable } from '../core/plan.ts';
import { recordFinder, type RejectedRecord, type RowOrigin } from '../core/row-origin.ts';
import { quoteIdentifier, quotePaths } from '../core/sql-text.ts';
import type { ExtractTask } from '../core/task.ts';
import type { Bucket } from '../ports/bucket.ts';
import { readParquetSql, type Engine } from './duckdb.ts';

/** A row of a staged table by its place. */
export interface StagedPlace {
  /** Key of its object, or a path that ends in it. */
  readonly batch: string;
  /** In the object, from 0. */
  readonly row: number;
}

/** What is needed to find records: a run as the bucket has it. */
export interface TracedRun {
  readonly plan: Plan;
  readonly manifests: ReadonlyMap<string, Manifest>;
}

/**
 * Finds the records that rows of a staged table were made of. Rows of an `each` table are found by the columns that they
 * have of their parent record; where these do not tell one parent from another, the origin is null.
 */
export async function findOrigins(
  engine: Engine,
  bucket: Bucket,
  { plan, manifests }: TracedRun,
  table: string,
  places: readonly StagedPlace[],
): Promise<(RowOrigin | null)[]> {
  const origins = places.map((): RowOrigin | null => null);
  const staged = plan.tables.find(({ name }) => name === table);
  if (staged === undefined) return origins;
  const indexed = places.map((place, index) => ({ ...place, index }));
  for (const task of plan.tasks) {
    if (task.kind !== 'extract' || !task.tables.includes(table)) continue;
    const manifest = manifests.get(task.id);
    const batches = batchesOf(manifest, table);
    const mine = indexed.filter(({ batch }) => batches.some(({ key }) => isIn(batch, key)));
    if (manifest === undefined || mine.length === 0) continue;
    const find = recordFinder(plan, task, manifest, await readRejected(engine, bucket, manifest));
    const rows = mine.map(({ batch, row }) => ({
      at: batches.findIndex(({ key }) => isIn(batch, key)),
      row,
    }));
    const records =
      staged.each === null
        ? rows.map(({ at, row }) => rowsBefore(batches, at) + row)
        : await findParents(engine, bucket, { plan, manifest, task, staged }, rows);
    mine.forEach(({ index }, position) => {
      const record = records[position] ?? null;
      origins[index] = record === null ? null : find(record);
    });
  }
  return origins;
}

function batchesOf(manifest: Manifest | undefined, table: string): readonly BatchReference[] {
  return manifest?.outputs.find((output) => output.table === table)?.batches ?? [];
}

function isIn(batch: string, key: string): boolean {
  return batch === key || batch.endsWith(`/${key}`);
}

function rowsBefore(batches: readonly BatchReference[], at: number): number {
  return batches.slice(0, at).reduce((rows, batch) => rows + batch.rows, 0);
}

async function readRejected(engine: Engine, bucket: Bucket, manifest: Manifest): Promise<RejectedRecord[]> {
  const batches = manifest.extracted?.rejects.batches ?? [];
  if (batches.length === 0) return [];
  const paths = await openAll(bucket, batches);
  const rows = await engine.rows(`SELECT file, record_number FROM ${readParquetSql(paths)}`);
  return rows.map((row) => ({ file: row['file'] as string, recordNumber: Number(row['record_number']) }));
}

interface ChildTable {
  readonly plan: Plan;
  readonly manifest: Manifest;
  readonly task: ExtractTask;
  readonly staged: StagedTable;
}

/** The index of the parent of each row among the rows of the parent table; null unless exactly one fits. */
async function findParents(
  engine: Engine,
  bucket: Bucket,
  { plan, manifest, task, staged }: ChildTable,
  rows: readonly { at: number; row: number }[],
): Promise<(number | null)[]> {
  const parent = plan.tables.find(({ name, each }) => each === null && task.tables.includes(name));
  const shared = parent === undefined ? [] : sharedColumns(staged, parent);
  const parents = batchesOf(manifest, parent?.name ?? '');
  if (shared.length === 0 || parents.length === 0) return rows.map(() => null);
  const children = batchesOf(manifest, staged.name);
  const childPaths = await openAll(bucket, children);
  const parentPaths = await openAll(bucket, parents);
  const wanted = rows.map(({ at, row }, index) => `(${index}, ${rowsBefore(children, at) + row})`).join(', ');
  const same = shared.map(
    ({ child, of }) => `c.${quoteIdentifier(child)} IS NOT DISTINCT FROM p.${quoteIdentifier(of)}`,
  );
  const found = await engine.rows(
    `WITH wanted(id, number) AS (VALUES ${wanted}),
     c AS (SELECT w.id, t.* FROM (${numberedSql(childPaths, children)}) AS t JOIN wanted AS w USING (number))
     SELECT c.id, count(*) AS fitting, any_value(p.number) AS number
     FROM c JOIN (${numberedSql(parentPaths, parents)}) AS p ON ${same.join(' AND ')} GROUP BY c.id`,
  );
  const byId = new Map(found.map((row) => [Number(row['id']), row]));
  return rows.map((_, index) => {
    const match = byId.get(index);
    return Number(match?.['fitting']) === 1 ? Number(match?.['number']) : null;
  });
}

/** The rows of a task's objects with their number among all of them, from 0. */
function numberedSql(paths: readonly string[], batches: readonly BatchReference[]): string {
  return paths
    .map(
      (path, at) =>
        `SELECT *, file_row_number + ${rowsBefore(batches, at)} AS number FROM read_parquet(${quotePaths([path])}, hive_partitioning = false, file_row_number = true)`,
    )
    .join('\nUNION ALL\n');
}

/** Columns of a child that are those of its parent record which the parent table has too. */
function sharedColumns(child: StagedTable, parent: StagedTable): { child: string; of: string }[] {
  const stepsOf = (steps: readonly (string | number)[]) => JSON.stringify(steps);
  return child.columns.flatMap(({ name, path, type }) => {
    if (path.from !== 'parent' && path.from !== 'parentKey') return [];
    const from = path.from === 'parent' ? 'record' : 'key';
    const of = parent.columns.find(
      (column) =>
        column.path.from === from &&
        stepsOf(column.path.steps) === stepsOf(path.steps) &&
        column.type.kind === type.kind,
    );
    return of === undefined ? [] : [{ child: name, of: of.name }];
  });
}

async function openAll(bucket: Bucket, batches: readonly BatchReference[]): Promise<string[]> {
  const paths: string[] = [];
  for (const batch of batches) paths.push(await bucket.open(batch));
  return paths;
}
