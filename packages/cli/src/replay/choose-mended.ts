import { copyToParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import type { BatchReference } from '@millrace/shared/core/batch';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import type { RejectReason } from '@millrace/shared/core/reject';
import type { MendedGroup, MendedRecords, TakenRecords } from '@millrace/shared/core/replay';
import type { PendingPart } from '@millrace/shared/core/replay-scope';
import { quoteLiteral } from '@millrace/shared/core/sql-text';
import type { Bucket } from '@millrace/shared/ports/bucket';

import { createPendingView } from './pending-view.ts';
import { mendedInvalid, readMendedFile } from './read-mended-file.ts';

/** What an object of rejects holds, so that reading one takes as much memory as for those that a run wrote. */
const BATCH_BYTES = 16 * 1024 * 1024;
const BATCH_RECORDS = 10_000;

/** The records of a file of mended ones, found among the rejects that are left. */
export interface ChosenRecords {
  readonly groups: readonly Omit<MendedGroup, 'batches'>[];
  readonly records: number;
  /** Lines that nobody edited, of records that cannot be read again from what was kept of them. */
  readonly notReplayable: number;
  /** Writes them into the bucket, where workers find them. */
  store(bucket: Bucket, root: string, id: string): Promise<MendedRecords>;
}

/**
 * Looks the lines of a file up among the rejects that are left. Throws `mended_invalid` with the line for a record
 * that is not among them, or that comes twice. The engine's tables hold them until they are stored.
 */
export async function chooseMended(
  engine: Engine,
  bucket: Bucket,
  pending: readonly PendingPart[],
  file: string,
): Promise<ChosenRecords> {
  await readLines(engine, pending, file);
  await createPendingView(engine, bucket, pending);
  await refuseUnfit(engine, file);
  await engine.run(`CREATE TABLE chosen AS
    SELECT pending.* REPLACE (mended.raw AS raw, sha256(mended.raw) AS sha256),
      replayable OR mended.raw <> pending.raw AS usable
    FROM pending JOIN mended USING (source, record_table, file, record_number)`);
  const [counts] = await engine.rows(
    'SELECT count(*) FILTER (WHERE usable) AS records, count(*) FILTER (WHERE NOT usable) AS others FROM chosen',
  );
  const groups = await engine.rows(
    'SELECT DISTINCT source, record_table FROM chosen WHERE usable ORDER BY ALL',
  );
  return {
    groups: groups.map((row) => {
      const table = row['record_table'] as string;
      return { source: row['source'] as string, table: table === '' ? null : table };
    }),
    records: Number(counts?.['records']),
    notReplayable: Number(counts?.['others']),
    async store(into, root, id) {
      return { groups: await storeGroups(engine, into, root, id), taken: await countTaken(engine) };
    },
  };
}

/** Of a source whose tables are read together, the table of a reject only says which column refused it. */
async function readLines(engine: Engine, pending: readonly PendingPart[], file: string): Promise<void> {
  const byTable = new Set(pending.filter(({ table }) => table !== null).map(({ source }) => source));
  await engine.run(
    `CREATE TABLE mended (line_number BIGINT, source VARCHAR, record_table VARCHAR, file VARCHAR,
      record_number BIGINT, raw BLOB)`,
  );
  const connection = await engine.connect();
  const appender = await connection.createAppender('mended');
  try {
    for await (const line of readMendedFile(file)) {
      appender.appendBigInt(BigInt(line.lineNumber));
      appender.appendVarchar(line.source);
      appender.appendVarchar(byTable.has(line.source) ? (line.table ?? '') : '');
      appender.appendVarchar(line.file);
      appender.appendBigInt(BigInt(line.recordNumber));
      appender.appendBlob(line.raw);
      appender.endRow();
    }
  } finally {
    appender.closeSync();
    connection.closeSync();
  }
}

async function refuseUnfit(engine: Engine, file: string): Promise<void> {
  const [twice] = await engine.rows(`
    SELECT min(line_number) AS first_line, max(line_number) AS last_line FROM mended
    GROUP BY source, record_table, file, record_number HAVING count(*) > 1 ORDER BY last_line LIMIT 1`);
  if (twice !== undefined) {
    const message = `Lines ${Number(twice['first_line'])} and ${Number(twice['last_line'])} are of the same record.`;
    throw mendedInvalid(file, Number(twice['last_line']), message);
  }
  const [stranger] = await engine.rows(`
    SELECT line_number, source, file, record_number FROM mended
    WHERE NOT EXISTS (SELECT 1 FROM pending
      WHERE pending.source = mended.source AND pending.record_table = mended.record_table
        AND pending.file = mended.file AND pending.record_number = mended.record_number)
    ORDER BY line_number LIMIT 1`);
  if (stranger === undefined) return;
  const [source, origin] = [stranger['source'] as string, stranger['file'] as string];
  throw mendedInvalid(
    file,
    Number(stranger['line_number']),
    `Record ${Number(stranger['record_number'])} of ${origin} (source ${source}) is not among the rejects that are left: it is of another run, or a replay has accepted it.`,
  );
}

async function storeGroups(engine: Engine, bucket: Bucket, root: string, id: string): Promise<MendedGroup[]> {
  await engine.run(`CREATE TABLE batched AS
    SELECT *, greatest(
      sum(octet_length(raw)) OVER place // ${BATCH_BYTES}, (row_number() OVER place - 1) // ${BATCH_RECORDS}
    ) AS batch FROM chosen WHERE usable
    WINDOW place AS (PARTITION BY source, record_table ORDER BY file, record_number ROWS UNBOUNDED PRECEDING)`);
  const batches = await engine.rows(`
    SELECT source, record_table, CAST(batch AS VARCHAR) AS batch, count(*) AS records FROM batched
    GROUP BY ALL ORDER BY source, record_table, min(batched.batch)`);
  const groups = new Map<string, MendedGroup & { batches: BatchReference[] }>();
  for (const [index, row] of batches.entries()) {
    const [source, table] = [row['source'] as string, row['record_table'] as string];
    const where = `source = ${quoteLiteral(source)} AND record_table = ${quoteLiteral(table)} AND batch = ${row['batch'] as string}`;
    const draft = await bucket.draft(bucketLayout.mended(root, id, index));
    try {
      await engine.run(
        copyToParquetSql(
          `SELECT run, source, table_name, file, record_number, line, byte_offset, byte_length, reason, message,
            faults, raw, sha256 FROM batched WHERE ${where} ORDER BY file, record_number`,
          draft.path,
        ),
      );
      const key = JSON.stringify([source, table]);
      const group = groups.get(key) ?? { source, table: table === '' ? null : table, batches: [] };
      group.batches.push(await draft.seal(Number(row['records'])));
      groups.set(key, group);
    } catch (error) {
      await draft.discard();
      throw error;
    }
  }
  return [...groups.values()];
}

async function countTaken(engine: Engine): Promise<TakenRecords[]> {
  const rows = await engine.rows(
    'SELECT run, task, reason, count(*) AS records FROM chosen WHERE usable GROUP BY ALL ORDER BY ALL',
  );
  return rows.map((row) => ({
    run: row['run'] as string,
    task: row['task'] as string,
    reason: row['reason'] as RejectReason,
    records: Number(row['records']),
  }));
}
