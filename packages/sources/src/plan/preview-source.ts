import type { Plan, PlannedSource, StagedTable } from '@millrace/shared/core/plan';
import type { ExtractTask } from '@millrace/shared/core/task';

import { compileJudge } from '../judge/judge.ts';
import { describeColumns, rowsOfTable, type ColumnSample } from './describe-columns.ts';
import { countRows, estimateRecords, type Estimate } from './estimate-rows.ts';
import { sampleRecords, type Sample, type SampleLimits } from './sample-records.ts';
import { judgeSamples, type JudgedSample, type RejectGroup } from './sample-rejects.ts';

/** What a run would find in a source, told from some of its records. */
export interface SourcePreview {
  readonly source: string;
  readonly tables: readonly TablePreview[];
  readonly sampledRecords: number;
  /** Whether the sample is all there is. */
  readonly isWhole: boolean;
  /** Null unless it was asked for. */
  readonly rejects: readonly RejectGroup[] | null;
}

export interface TablePreview {
  readonly table: string;
  /** Null when it cannot be told. */
  readonly rows: Estimate | null;
  readonly batches: number | null;
  readonly sampledRows: number;
  readonly columns: readonly ColumnSample[];
}

/** Enough for examples and sizes; with a wish for rejects, all of a part may be read. */
const QUICK: SampleLimits = { records: 1000, bytesPerPart: 1_000_000, rowsPerPart: 2000 };
const THOROUGH = { bytesPerPart: 64_000_000, rowsPerPart: 500_000 };

/**
 * Samples a source of a plan, with the code that a run reads and judges with. Throws what that throws.
 * @param judged records to judge; null judges none
 */
export async function previewSource(
  plan: Plan,
  source: PlannedSource,
  judged: number | null,
): Promise<SourcePreview> {
  const limits = judged === null ? QUICK : { ...THOROUGH, records: judged };
  const tasks = plan.tasks.filter(
    (task): task is ExtractTask => task.kind === 'extract' && task.source === source.name,
  );
  const tables = plan.tables.filter((table) => table.source === source.name);
  // Of SQLite each table is read on its own, of all others each record fills all tables.
  const reads = source.type === 'sqlite' ? tables.map((table) => [table]) : [tables];
  const previews: TablePreview[] = [];
  const samples: JudgedSample[] = [];
  let sampledRecords = 0;
  let isWhole = true;
  for (const filled of reads) {
    const own = tasks.filter((task) => filled.some(({ name }) => task.tables.includes(name)));
    const sample = await sampleRecords(plan, own, limits);
    previews.push(...(await previewTables(plan, source, filled, own, sample)));
    samples.push({ sample, judge: compileJudge(filled, source.type) });
    sampledRecords += sample.parts.reduce((total, part) => total + part.records.length, 0);
    isWhole &&= sampledAll(sample);
  }
  return {
    source: source.name,
    tables: previews,
    sampledRecords,
    isWhole,
    rejects: judged === null ? null : judgeSamples(samples),
  };
}

function sampledAll({ parts, partsTotal }: Sample): boolean {
  return (
    parts.length === partsTotal &&
    parts.every((part) => part.isWhole && part.records.length === part.recordsRead)
  );
}

async function previewTables(
  plan: Plan,
  source: PlannedSource,
  tables: readonly StagedTable[],
  tasks: readonly ExtractTask[],
  sample: Sample,
): Promise<TablePreview[]> {
  const records = sample.parts.flatMap((part) =>
    part.records.flatMap(({ content }) => (content.ok ? [content] : [])),
  );
  const isText = source.type === 'json' || source.type === 'csv';
  const previews: TablePreview[] = [];
  for (const table of tables) {
    const rows = rowsOfTable(table, records);
    const total = isText ? estimateRecords(plan, tasks, sample) : await countRows(plan, table, tasks);
    const estimate = table.each === null ? total : perRecord(total, records.length, rows.length, sample);
    previews.push({
      table: table.name,
      rows: estimate,
      batches: estimate === null ? null : countBatches(estimate.count, plan, tasks.length),
      sampledRows: rows.length,
      columns: describeColumns(table, rows),
    });
  }
  return previews;
}

/** Elements of an array, of which sampled records have as many as all records, more or less. */
function perRecord(total: Estimate | null, records: number, rows: number, sample: Sample): Estimate | null {
  if (total === null || records === 0) return null;
  if (sampledAll(sample)) return { count: rows, isExact: true };
  return { count: Math.round((total.count * rows) / records), isExact: false };
}

/** A batch holds rows of one task. */
function countBatches(rows: number, { batch }: Plan, tasks: number): number {
  return rows === 0 ? 0 : Math.max(Math.min(tasks, rows), Math.ceil(rows / batch.rows));
}
