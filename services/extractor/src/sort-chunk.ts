import { hash } from 'node:crypto';

import type { Reject } from '@millrace/shared/core/reject';
import type { Judge } from '@millrace/sources/judge/judge';
import type { TypedRow } from '@millrace/shared/core/typed-cell';
import type { RecordChunk, SourceRecord } from '@millrace/sources/source-record';

import type { RecordTally } from './core/account.ts';

/** Records of a chunk, parted into rows per table and rejects. */
export interface SortedChunk {
  /** Rows of each table of the judge, in its order of tables. */
  readonly rows: readonly TypedRow[][];
  readonly rejects: readonly Reject[];
  readonly counts: RecordTally;
}

interface Origin {
  readonly source: string;
  readonly file: string;
}

/** Judges every record of a chunk. The bytes of rejects are copied here, because the reader reuses its buffer. */
export function sortChunk(chunk: RecordChunk, judge: Judge, origin: Origin): SortedChunk {
  const rows: TypedRow[][] = judge.tables.map(() => []);
  const rejects: Reject[] = [];
  let accepted = 0;
  for (const record of chunk.records) {
    const reject = sortRecord(record, judge, rows, origin);
    if (reject === null) accepted += 1;
    else rejects.push(reject);
  }
  return {
    rows,
    rejects,
    counts: {
      seen: chunk.records.length,
      accepted,
      blank: chunk.blank,
      rejected: rejects.map((reject) => reject.reason),
    },
  };
}

function sortRecord(record: SourceRecord, judge: Judge, rows: TypedRow[][], origin: Origin): Reject | null {
  const { content } = record;
  if (!content.ok) {
    const { reason, message } = content;
    return makeReject(record, origin, { reason, message, table: null, faults: [] });
  }
  const verdict = judge.judge(content.value);
  if (!verdict.ok) return makeReject(record, origin, verdict);
  // Indexes, because this is done for every record: an iterator and a pair for each cost more than the pushing.
  for (let index = 0; index < verdict.rows.length; index += 1) {
    const table = rows[index];
    const made = verdict.rows[index];
    if (table !== undefined && made !== undefined) for (const row of made) table.push(row);
  }
  return null;
}

function makeReject(
  record: SourceRecord,
  origin: Origin,
  why: Pick<Reject, 'reason' | 'message' | 'table' | 'faults'>,
): Reject {
  // From Node's pool: an ArrayBuffer of its own for each is most of the cost where all records are bad.
  const raw = Buffer.from(record.raw());
  const { recordNumber, line, byteOffset, byteLength } = record;
  // Written out, because with spreads V8 makes a slow object of so many fields: three times the time of a file of rejects.
  return {
    source: origin.source,
    file: origin.file,
    recordNumber,
    line,
    byteOffset,
    byteLength,
    table: why.table,
    reason: why.reason,
    message: why.message,
    faults: why.faults,
    raw,
    sha256: hash('sha256', raw),
  };
}
