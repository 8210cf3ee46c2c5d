import { hash } from 'node:crypto';

import { fail } from '@millrace/shared/core/errors';
import type { TableStore } from '@millrace/shared/core/columns/table-store';
import { metDrift } from '@millrace/shared/core/drift-record';
import type { StagedTable } from '@millrace/shared/core/plan';
import type { MetDrift } from '@millrace/shared/core/drift';
import type { Reject } from '@millrace/shared/core/reject';
import { describeValue } from '@millrace/sources/judge/describe-value';
import type { Judge } from '@millrace/sources/judge/judge';
import type { DriftNote } from '@millrace/sources/judge/judgement';
import type { RecordSink } from '@millrace/sources/record-sink';
import type { SourceRecord } from '@millrace/sources/source-record';

import type { Account } from './core/account.ts';

export interface Judging {
  readonly tables: readonly StagedTable[];
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
  /** Whether records have numbers of their own, with gaps that counting would miss: rowids. */
  readonly isNumbered?: boolean;
}

/** Judges every record of a file: it becomes rows in the stores, or a reject. */
export function judgeRecords(judging: Judging, origin: Origin): RecordSink {
  const { account, addReject } = judging;
  const { input, isNumbered = false } = origin;
  return {
    record(record) {
      account.seen(input, 1);
      const reject = judgeRecord(record, judging, origin);
      if (reject === null) {
        account.accepted(input, 1);
        if (isNumbered) account.numbered(input, record.recordNumber, 1);
      } else {
        account.rejected(input, reject.reason);
        addReject(reject);
      }
    },
    accepted(records, first) {
      account.seen(input, records);
      account.accepted(input, records);
      if (isNumbered && first !== undefined) account.numbered(input, first, records);
    },
    blank(lines) {
      account.blank(input, lines);
    },
  };
}

function judgeRecord(
  record: SourceRecord,
  { tables, judge, stores, account }: Judging,
  origin: Origin,
): Reject | null {
  const { content } = record;
  if (!content.ok) {
    const { reason, message } = content;
    return makeReject(record, origin, { reason, message, table: null, faults: [] });
  }
  const verdict = judge.judge(content.value, content.key);
  if (!verdict.ok) {
    if (verdict.breach !== null) {
      const drift = verdict.breach.map((note) => metDrift(tables, { ...note, example: exampleOf(note) }));
      throw contractBroken(record, origin, verdict.message, drift);
    }
    return makeReject(record, origin, verdict);
  }
  for (const note of verdict.drift ?? []) {
    account.drift(note, () => exampleOf(note));
  }
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

/** Values that nobody declared are none of the bucket's. */
function exampleOf({ kind, value }: DriftNote): string | null {
  return kind === 'changed_type' && value !== undefined ? describeValue(value) : null;
}

function contractBroken(
  { recordNumber, line }: SourceRecord,
  { file }: Origin,
  message: string,
  drift: readonly MetDrift[],
): Error {
  const place = line === null ? `record ${recordNumber}` : `line ${line}, record ${recordNumber}`;
  return fail('contract_broken', {
    message: `The data is not as declared, and the contract is freeze: ${message}`,
    where: `${file}, ${place}`,
    drift,
    hint: 'Mend the data, or declare what it has: `millrace contract diff <pipeline>` compares the two.',
  });
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
