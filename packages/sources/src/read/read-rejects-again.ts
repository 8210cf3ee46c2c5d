import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';

import { openEngine, readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import type { BatchReference } from '@millrace/shared/core/batch';
import { fail } from '@millrace/shared/core/errors';
import type { Plan, PlannedInput } from '@millrace/shared/core/plan';
import type { RecordPlace, RejectReason } from '@millrace/shared/core/reject';
import { quoteList } from '@millrace/shared/core/sql-text';
import type { ExtractTask, RejectsPart } from '@millrace/shared/core/task';
import { DuckDBBlobValue } from '@millrace/shared/npm/duckdb';
import type { Bucket } from '@millrace/shared/ports/bucket';

import type { SourceRecord } from '../source-record.ts';
import type { PartitionPart } from './open-partition.ts';
import { createRawReader, type RawReader } from './read-raw.ts';

/** An object of rejects has 16 MiB and one record more at most, and is read as one chunk. */
const ENGINE = { memoryLimitBytes: 192 * 1024 * 1024, threads: 1, spillDir: null } as const;
const RECORDS_PER_CHUNK = 1000;

/**
 * Reads rejected records again: their bytes go through the code that reads a record of a file, and their place
 * remains the one in that file. Objects are verified and read one after the other, so memory does not grow with
 * their number. Throws `conservation_broken` when there are more or fewer records than were chosen.
 */
export async function* readRejectsAgain(
  plan: Plan,
  task: ExtractTask,
  parts: readonly RejectsPart[],
  { bucket, signal }: { readonly bucket: Bucket; readonly signal: AbortSignal },
): AsyncGenerator<PartitionPart, void> {
  const engine = await openEngine(ENGINE);
  const openRuns = createRunOpener(plan, task);
  try {
    for (const part of parts) {
      const except = await openAll(bucket, part.except);
      let records = 0;
      for (const batch of part.batches) {
        signal.throwIfAborted();
        for await (const rows of readRows(engine, await bucket.open(batch), part, except)) {
          records += rows.length;
          yield* openRuns(rows);
        }
      }
      if (records !== part.records) throw otherNumber(task, part, records);
    }
  } finally {
    await engine.close();
  }
}

async function openAll(bucket: Bucket, batches: readonly BatchReference[]): Promise<string[]> {
  const paths: string[] = [];
  for (const batch of batches) paths.push(await bucket.open(batch));
  return paths;
}

interface RejectRow extends RecordPlace {
  readonly file: string;
  readonly reason: RejectReason;
  readonly raw: Uint8Array;
}

async function* readRows(
  engine: Engine,
  path: string,
  part: RejectsPart,
  except: readonly string[],
): AsyncGenerator<RejectRow[], void> {
  const conditions = [
    ...(part.reasons === null ? [] : [`reason IN ${listSql(part.reasons)}`]),
    ...(except.length === 0
      ? []
      : [
          `NOT EXISTS (SELECT 1 FROM ${readParquetSql(except)} AS later
            WHERE later.file = reject.file AND later.record_number = reject.record_number)`,
        ]),
  ];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const sql = `SELECT file, record_number, line, byte_offset, byte_length, reason, raw
    FROM ${readParquetSql([path])} AS reject ${where}`;
  const connection: DuckDBConnection = await engine.connect();
  try {
    const result = await connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getRows().map(rejectRow);
    }
  } catch (error) {
    throw engine.explain(error);
  } finally {
    connection.closeSync();
  }
}

function listSql(reasons: readonly string[]): string {
  return quoteList(reasons).replace(/^\[/, '(').replace(/\]$/, ')');
}

function rejectRow([
  file,
  recordNumber,
  line,
  byteOffset,
  byteLength,
  reason,
  raw,
]: DuckDBValue[]): RejectRow {
  return {
    file: file as string,
    recordNumber: Number(recordNumber),
    line: numberOrNull(line),
    byteOffset: numberOrNull(byteOffset),
    byteLength: numberOrNull(byteLength),
    reason: reason as RejectReason,
    raw: raw instanceof DuckDBBlobValue ? raw.bytes : new Uint8Array(),
  };
}

function numberOrNull(value: DuckDBValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Parts rows into runs of one file each, as rejects stand in the order in which they were read. */
function createRunOpener(plan: Plan, task: ExtractTask) {
  const source = plan.sources.find(({ name }) => name === task.source);
  if (source === undefined)
    throw fail('message_invalid', { message: `The plan has no source '${task.source}'.` });
  const inputs = new Map<string, { index: number; input: PlannedInput; read: RawReader | null }>();
  for (const [index, input] of plan.inputs.entries())
    if (input.source === task.source) inputs.set(input.name, { index, input, read: null });

  return async function* openRuns(rows: readonly RejectRow[]): AsyncGenerator<PartitionPart, void> {
    for (let at = 0; at < rows.length;) {
      const file = rows[at]?.file ?? '';
      const known = inputs.get(file);
      if (known === undefined)
        throw fail('message_invalid', {
          message: `The plan has no input '${file}' of source '${task.source}'.`,
        });
      const read = (known.read ??= createRawReader(source, known.input));
      const records: SourceRecord[] = [];
      for (; rows[at]?.file === file && records.length < RECORDS_PER_CHUNK; at += 1) {
        const row = rows[at] as RejectRow;
        records.push(await again(row, read));
      }
      yield {
        input: known.index,
        fileName: file,
        records: oneChunk(records),
        // What is read stands in the bucket, under its hash.
        checkUnchanged: () => Promise.resolve(),
      };
    }
  };
}

async function again(row: RejectRow, read: RawReader): Promise<SourceRecord> {
  const { recordNumber, line, byteOffset, byteLength, raw } = row;
  return { recordNumber, line, byteOffset, byteLength, raw: () => raw, content: await read(row) };
}

async function* oneChunk(records: readonly SourceRecord[]) {
  yield { records, blank: 0 };
}

function otherNumber(task: ExtractTask, { records, batches }: RejectsPart, found: number): Error {
  return fail('conservation_broken', {
    message: `${records} rejected records were chosen to be read again, but ${found} were found.`,
    where: `task ${task.id}: ${batches.map(({ key }) => key).join(', ')}`,
    hint: 'This is a defect of millrace: please report it. Nothing was published.',
  });
}
