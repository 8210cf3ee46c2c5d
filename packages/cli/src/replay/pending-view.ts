import { readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import type { BatchReference } from '@millrace/shared/core/batch';
import { isReplayable, type PendingPart } from '@millrace/shared/core/replay-scope';
import { quoteList, quoteLiteral, quotePaths } from '@millrace/shared/core/sql-text';
import type { Bucket } from '@millrace/shared/ports/bucket';

/**
 * Makes the view `pending` of all rejects that are left: the columns of an object of rejects, with the `run` and `task`
 * that refused each, `record_table` (the table where each is read on its own, else ''), and `replayable`.
 */
export async function createPendingView(
  engine: Engine,
  bucket: Bucket,
  pending: readonly PendingPart[],
): Promise<void> {
  await engine.run('CREATE TABLE objects (path VARCHAR, run VARCHAR, task VARCHAR)');
  const alike = new Map<string, { part: PendingPart; paths: string[] }>();
  for (const part of pending) {
    const paths = await openAll(bucket, part.batches);
    const rows = paths.map((path) => `(${[path, part.run, part.task].map(quoteLiteral).join(', ')})`);
    await engine.run(`INSERT INTO objects VALUES ${rows.join(', ')}`);
    // A query of as many parts as there are tasks would take longer to plan than to run.
    const { source, table, reasons, except } = part;
    const key = JSON.stringify([source, table, reasons, except]);
    const known = alike.get(key) ?? { part, paths: [] };
    known.paths.push(...paths);
    alike.set(key, known);
  }
  const selects: string[] = [];
  for (const { part, paths } of alike.values())
    selects.push(selectPart(part, paths, await openAll(bucket, part.except)));
  await engine.run(`CREATE VIEW pending AS ${selects.join('\nUNION ALL\n')}`);
}

async function openAll(bucket: Bucket, batches: readonly BatchReference[]): Promise<string[]> {
  const paths: string[] = [];
  for (const batch of batches) paths.push(await bucket.open(batch));
  return paths;
}

function selectPart(
  { type, table, reasons }: PendingPart,
  paths: readonly string[],
  except: readonly string[],
): string {
  const replayable = reasons.filter((reason) => isReplayable(type, reason));
  const later =
    except.length === 0
      ? ''
      : `AND NOT EXISTS (SELECT 1 FROM ${readParquetSql(except)} AS later
          WHERE later.file = reject.file AND later.record_number = reject.record_number)`;
  return `SELECT objects.run, objects.task, source, ${quoteLiteral(table ?? '')} AS record_table, table_name, file,
      record_number, line, byte_offset, byte_length, reason, message, faults, raw, sha256,
      list_contains(CAST(${quoteList(replayable)} AS VARCHAR[]), reason) AS replayable
    FROM read_parquet(${quotePaths(paths)}, hive_partitioning = false, filename = true) AS reject
    JOIN objects ON objects.path = reject.filename
    WHERE list_contains(${quoteList(reasons)}, reason) ${later}`;
}
