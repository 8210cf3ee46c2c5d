import type { Plan, PlannedInput, StagedTable } from '@millrace/shared/core/plan';
import type { ExtractTask } from '@millrace/shared/core/task';

import { countParquetRows } from '../parquet/count-parquet-rows.ts';
import { readSqliteRows } from '../sqlite/read-sqlite-rows.ts';
import { isSourceObject } from '../judge/read-path.ts';
import type { Sample } from './sample-records.ts';

/** How many there will be, before all has been read. */
export interface Estimate {
  readonly count: number;
  readonly isExact: boolean;
}

/** What a compressed byte stands for, roughly. */
const EXPANSION = 5;

/**
 * Records of files of text. Those before a cut are known, because cutting counted them; those behind the last cut of a
 * file are told from the size of sampled records, unless the sample read them all. Null when nothing is known.
 */
export function estimateRecords(plan: Plan, tasks: readonly ExtractTask[], sample: Sample): Estimate | null {
  const slices = tasks.flatMap(({ read }) => (read.kind === 'files' ? read.slices : []));
  const read = new Map(
    sample.parts.flatMap(({ task, isWhole, recordsRead }) => {
      const slice = task.read.kind === 'files' ? task.read.slices[0] : undefined;
      return slice === undefined || !isWhole ? [] : [[`${slice.input}:${slice.start}`, recordsRead] as const];
    }),
  );
  const bytesPerRecord = averageBytes(sample);
  let count = 0;
  let isExact = true;
  for (const [index, slice] of slices.entries()) {
    const next = slices[index + 1];
    const follows = next !== undefined && next.input === slice.input && next.start === slice.end;
    const known = follows ? next.firstRecord - slice.firstRecord : read.get(`${slice.input}:${slice.start}`);
    if (known !== undefined) {
      count += known;
      continue;
    }
    if (bytesPerRecord === null) return null;
    isExact = false;
    count += contentBytes(plan.inputs[slice.input], slice.start, slice.end) / bytesPerRecord;
  }
  return { count: Math.round(count), isExact };
}

function averageBytes({ parts }: Sample): number | null {
  const records = parts.reduce((total, part) => total + part.recordsRead, 0);
  const bytes = parts.reduce((total, part) => total + part.bytesRead, 0);
  return records === 0 || bytes === 0 ? null : bytes / records;
}

function contentBytes(input: PlannedInput | undefined, start: number, end: number | null): number {
  if (input === undefined) return 0;
  const stored = (end ?? input.sizeBytes) - start;
  return input.compression === 'none' ? stored : stored * EXPANSION;
}

/** Rows of a table in SQLite or Parquet files, counted by their engines. Null when a query cannot be counted. */
export async function countRows(
  plan: Plan,
  table: StagedTable,
  tasks: readonly ExtractTask[],
): Promise<Estimate | null> {
  const inputs = [...new Set(tasks.flatMap(inputsOf))].flatMap((index) => plan.inputs[index] ?? []);
  const reads = tasks.filter((task) => task.tables.includes(table.name)).map((task) => task.read);
  // Behind a watermark there are fewer rows than in the table, and how many is not looked up.
  const isExact = reads.every((read) => read.kind !== 'relation' || read.cursor === null);
  let count = 0;
  for (const input of inputs) {
    const rows =
      input.layout.kind === 'parquet'
        ? await countParquetRows(input.path)
        : await countRelation(input, table);
    if (rows === null) return null;
    count += rows;
  }
  return { count, isExact };
}

function inputsOf({ read }: ExtractTask): number[] {
  if (read.kind === 'files') return read.slices.map((slice) => slice.input);
  return read.kind === 'relation' ? [read.input] : [];
}

async function countRelation(input: PlannedInput, { query, relation }: StagedTable): Promise<number | null> {
  const rows = query === null ? `"${relation.replaceAll('"', '""')}"` : `(${query.trim().replace(/;$/, '')})`;
  const counting = `SELECT count(*) AS count FROM ${rows}`;
  const reading = { path: input.path, fileName: input.name, relation: '', range: null, cursor: null };
  for await (const { records } of readSqliteRows({ ...reading, query: counting })) {
    const content = records[0]?.content;
    if (content?.ok === true && isSourceObject(content.value)) return Number(content.value['count']);
  }
  return null;
}
