import { hash } from 'node:crypto';

import type { TableStore } from '@millrace/shared/core/columns/table-store';
import type { Reject } from '@millrace/shared/core/reject';
import type { Judge } from '@millrace/sources/judge/judge';
import type { RecordSink } from '@millrace/sources/record-sink';
import type { SourceRecord } from '@millrace/sources/source-record';

import type { Account } from './core/account.ts';

export interface Judging {
  readonly judge: Judge;
  /** One for each table of the judge, in its order. */
  readonly stores: readonly TableStore[];
  readonly account: Account;
  readonly addReject: (reject: Reject) => void;
}

export interface Origin {
  readonly source: string;
  readonly file: string;
  /** Index into the plan's inputs. */
  readonly input: number;
}

/** Judges every record of a file: it becomes rows in the stores, or a reject. */
export function judgeRecords({ judge, stores, account, addReject }: Judging, origin: Origin): RecordSink {
  const { input } = origin;
  return {
    record(record) {
      account.seen(input, 1);
      const reject = judgeRecord(record, judge, stores, origin);
      if (reject === null) {
        account.accepted(input, 1);
      } else {
        account.rejected(input, reject.reason);
        addReject(reject);
      }
    },
    accepted(records) {
      account.seen(input, records);
      account.accepted(input, records);
    },
    blank(lines) {
      account.blank(input, lines);
    },
  };
}

function judgeRecord(
  record: SourceRecord,
  judge: Judge,
  stores: readonly TableStore[],
  origin: Origin,
): Reject | null {
  const { content } = record;
  if (!content.ok) {
    const { reason, message } = content;
    return makeReject(record, origin, { reason, message, table: null, faults: [] });
  }
  const verdict = judge.judge(content.value, content.key);
  if (!verdict.ok) return makeReject(record, origin, verdict);
  // Indexes, because this is done for every record: an iterator and a pair for each cost more than the appending.
  for (let index = 0; index < verdict.rows.length; index += 1) {
    const store = stores[index];
    const made = verdict.rows[index];
    if (store === undefined || made === undefined) continue;
    for (const row of made) store.append(row);
    store.commit();
  }
  return null;
}

function makeReject(
  record: SourceRecord,
  origin: Origin,
  why: Pick<Reject, 'reason' | 'message' | 'table' | 'faults'>,
): Reject {
  const raw = record.raw();
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
