import type { RecordPlace, RejectReason } from '@millrace/shared/core/reject';

import type { Judge } from '../judge/judge.ts';
import type { SourceRecord } from '../source-record.ts';
import type { Sample } from './sample-records.ts';

/** Sampled records that a run would reject for one reason. */
export interface RejectGroup {
  readonly reason: RejectReason;
  readonly records: number;
  readonly examples: readonly RejectExample[];
}

export interface RejectExample extends RecordPlace {
  readonly file: string;
  /** The table whose columns refused it; null when the record could not be read at all. */
  readonly table: string | null;
  readonly message: string;
}

/** A sample with the judge of the tables that its records fill. */
export interface JudgedSample {
  readonly sample: Sample;
  readonly judge: Judge;
}

const MAX_EXAMPLES = 3;

/** Judges sampled records with the code that a run judges with. The most frequent reason comes first. */
export function judgeSamples(samples: readonly JudgedSample[]): RejectGroup[] {
  const groups = new Map<RejectReason, { records: number; examples: RejectExample[] }>();
  const parts = samples.flatMap(({ sample, judge }) => sample.parts.map((part) => ({ ...part, judge })));
  for (const { records, fileName, judge } of parts) {
    for (const record of records) {
      const refusal = refuse(record, judge);
      if (refusal === null) continue;
      const group = groups.get(refusal.reason) ?? { records: 0, examples: [] };
      group.records += 1;
      if (group.examples.length < MAX_EXAMPLES) group.examples.push(makeExample(record, fileName, refusal));
      groups.set(refusal.reason, group);
    }
  }
  return [...groups]
    .map(([reason, group]) => ({ reason, ...group }))
    .sort((one, other) => other.records - one.records);
}

interface RecordRefusal {
  readonly reason: RejectReason;
  readonly table: string | null;
  readonly message: string;
}

function refuse({ content }: SourceRecord, judge: Judge): RecordRefusal | null {
  if (!content.ok) return { reason: content.reason, table: null, message: content.message };
  const judgement = judge.judge(content.value, content.key);
  return judgement.ok ? null : judgement;
}

function makeExample(record: SourceRecord, file: string, { table, message }: RecordRefusal): RejectExample {
  const { recordNumber, line, byteOffset, byteLength } = record;
  return { file, recordNumber, line, byteOffset, byteLength, table, message };
}
