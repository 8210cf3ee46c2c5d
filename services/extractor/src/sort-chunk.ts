import { createHash } from 'node:crypto';

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
  if (!content.ok) return makeReject(record, origin, { ...content, table: null, faults: [] });
  const verdict = judge.judge(content.value);
  if (!verdict.ok) return makeReject(record, origin, verdict);
  for (const [index, made] of verdict.rows.entries()) {
    const table = rows[index];
    for (const row of made) table?.push(row);
  }
  return null;
}

function makeReject(
  record: SourceRecord,
  origin: Origin,
  why: Pick<Reject, 'reason' | 'message' | 'table' | 'faults'>,
): Reject {
  const raw = Uint8Array.from(record.raw());
  const { recordNumber, line, byteOffset, byteLength } = record;
  return {
    ...origin,
    recordNumber,
    line,
    byteOffset,
    byteLength,
    table: why.table,
    reason: why.reason,
    message: why.message,
    faults: why.faults,
    raw,
    sha256: createHash('sha256').update(raw).digest('hex'),
  };
}
