import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import type { Partition } from '@millrace/shared/core/build-tasks';
import type { Source } from '@millrace/shared/core/pipeline';
import type { PlannedInput } from '@millrace/shared/core/plan';
import type { RejectReason } from '@millrace/shared/core/reject';
import type { ExtractTask } from '@millrace/shared/core/task';
import { inferredColumn } from '@millrace/sources/infer/fitting-type';
import { sampleRecords, type Sample, type SampleLimits } from '@millrace/sources/plan/sample-records';
import { surveySource } from '@millrace/sources/plan/survey-source';
import type { SourceValue } from '@millrace/sources/source-value';

import type { SourceDraft, TableDraft } from './draft.ts';
import { writePipelineFiles } from './pipeline-text.ts';

/** Records that types are told from, and whether they are all that there are. */
export interface DraftSample {
  readonly values: readonly SourceValue[];
  /** Records met, of which the values are some. */
  readonly recordsRead: number;
  /** Whether nothing was left unread. */
  readonly isWhole: boolean;
  /** Of the records kept, those that no value could be made of. */
  readonly unreadable: ReadonlyMap<RejectReason, number>;
  /** Slices of files, or ranges of tables, that were looked at. */
  readonly partsRead: number;
  readonly source: Source;
  readonly inputs: readonly PlannedInput[];
}

const LIMITS: SampleLimits = { records: 100_000, bytesPerPart: 16_000_000, rowsPerPart: 200_000 };

/** A table of which only the records matter so far. @param field a field that the records have, if one is known */
export function blankTable(changes: Partial<TableDraft> = {}, field = 'any'): TableDraft {
  const column = { column: inferredColumn('any', [field], { kind: 'text' }), note: null };
  return { model: 'any', each: null, relation: null, key: [], columns: [column], notes: [], ...changes };
}

/** Reads records of a source as a run of the pipeline would. Throws what that throws. */
export async function sampleDraft(
  draft: SourceDraft,
  limits: Partial<SampleLimits> = {},
): Promise<DraftSample> {
  const [sample] = await sampleTables(draft, limits);
  if (sample === undefined) throw new Error('The draft has no table.');
  return sample;
}

/** As `sampleDraft`, for each table on its own: they are read one by one in SQLite. */
export async function sampleTables(
  draft: SourceDraft,
  limits: Partial<SampleLimits> = {},
): Promise<DraftSample[]> {
  const source = compileDraft(draft);
  const { inputs, tables, partitions } = await surveySource(source, '/');
  const samples: DraftSample[] = [];
  for (const table of tables) {
    const tasks = partitions.filter((partition) => partition.tables.includes(table.name)).map(toTask);
    const plan = { inputs, sources: [source], tables };
    const sample = await sampleRecords(plan, tasks, { ...LIMITS, ...limits });
    samples.push({ ...tally(sample), source, inputs });
  }
  return samples;
}

function toTask({ source, tables, read }: Partition): ExtractTask {
  return { kind: 'extract', id: source, dependsOn: [], source, tables, read, fingerprint: null, reuse: null };
}

function tally({ parts, partsTotal }: Sample): Omit<DraftSample, 'source' | 'inputs'> {
  const records = parts.flatMap((part) => part.records);
  const unreadable = new Map<RejectReason, number>();
  for (const { content } of records) {
    if (!content.ok) unreadable.set(content.reason, (unreadable.get(content.reason) ?? 0) + 1);
  }
  return {
    values: records.flatMap(({ content }) => (content.ok ? [content.value] : [])),
    recordsRead: parts.reduce((total, part) => total + part.recordsRead, 0),
    isWhole: parts.length === partsTotal && parts.every((part) => part.isWhole),
    unreadable,
    partsRead: parts.length,
  };
}

/** The source as its own YAML is understood. */
function compileDraft(draft: SourceDraft): Source {
  const files = writePipelineFiles(
    { name: 'init', sources: [draft], maxRejectRatio: 1 },
    { own: 'millrace', folder: 'init' },
  );
  const [source] = compilePipeline({ v: 1, pipeline: 'init', baseDir: '/', files }).sources;
  if (source === undefined) throw new Error('The draft has no source.');
  return source;
}

/** "all 412 records" or "5,000 of the first 8,000 records": what a guess rests on. */
export function describeSample(
  { values, recordsRead, isWhole, unreadable }: DraftSample,
  noun: string,
): string {
  const kept = values.length + [...unreadable.values()].reduce((sum, count) => sum + count, 0);
  if (kept === 0) return `no ${noun}s: there are none yet`;
  if (!isWhole) return `${kept} ${noun}s from all over the data`;
  return kept === recordsRead ? `all ${kept} ${noun}s` : `${kept} of ${recordsRead} ${noun}s`;
}

/** Said of a source of which some records will be rejected unread. */
export function describeUnreadable({ unreadable, values }: DraftSample): string[] {
  const total = [...unreadable.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return [];
  const reasons = [...unreadable].map(([reason, count]) => `${reason} ${count}`).join(', ');
  return [
    `${total} of ${total + values.length} sampled records cannot be read, and will be rejects: ${reasons}.`,
  ];
}
