import { fail } from '@millrace/shared/core/errors';
import type { Plan, PlannedInput, PlannedSource } from '@millrace/shared/core/plan';
import type { ExtractTask, FileSlice } from '@millrace/shared/core/task';

import { readParquetRows } from '../parquet/read-parquet-rows.ts';
import type { Feed, RecordSink } from '../record-sink.ts';
import type { RecordStream } from '../source-record.ts';
import { SqliteLane } from '../sqlite/sqlite-lane.ts';
import { feedSqlite, readSqliteRows } from '../sqlite/read-sqlite-rows.ts';
import { requireLane, type Lane } from './compile-lane.ts';
import { requirePlanned, requireUnchanged } from './check-unchanged.ts';
import { requireSnapshot } from './require-snapshot.ts';
import { feedText, readText } from './read-text.ts';

/** What reading needs of a plan. */
export type ReadPlan = Pick<Plan, 'inputs' | 'sources' | 'tables'>;

/** A part of a partition: some records of one file. */
export interface PartitionPart {
  /** Index into the plan's inputs. */
  readonly input: number;
  readonly fileName: string;
  /** All of them, for the judge. */
  readonly records: RecordStream;
  /** The same by a lane; absent where this kind of file has none. */
  readonly feed?: (lane: Lane, sink: RecordSink) => Feed;
  /** To be called when all records were read. Throws `source_changed` when the file is not what was planned. */
  readonly checkUnchanged: () => Promise<void>;
}

/** Opens what an extract task reads, one file after the other; nothing is opened before its turn. */
export function* openPartition(
  plan: ReadPlan,
  task: ExtractTask,
  signal: AbortSignal,
): Iterable<PartitionPart> {
  const source = plan.sources.find((candidate) => candidate.name === task.source);
  if (source === undefined)
    throw fail('message_invalid', { message: `The plan has no source '${task.source}'.` });
  const { read } = task;
  if (read.kind === 'rejects')
    throw fail('message_invalid', { message: 'Rejects are read by readRejectsAgain.', where: task.id });
  if (read.kind === 'relation') {
    yield openRelation(plan, task, read, signal);
    return;
  }
  for (const slice of read.slices) yield openSlice(plan, source, slice, signal);
}

function openRelation(
  plan: ReadPlan,
  task: ExtractTask,
  read: Extract<ExtractTask['read'], { kind: 'relation' }>,
  signal: AbortSignal,
): PartitionPart {
  const input = requireInput(plan, read.input);
  const table = plan.tables.find((candidate) => candidate.name === task.tables[0]);
  if (table === undefined)
    throw fail('message_invalid', { message: `The plan has no table '${task.tables[0] ?? ''}'.` });
  const reading = {
    path: input.path,
    query: table.query,
    relation: table.relation,
    range: read.range,
    cursor: read.cursor,
    fileName: input.name,
    signal,
  };
  return {
    input: read.input,
    fileName: input.name,
    records: readSqliteRows(reading),
    feed: (lane, sink) => feedSqlite(reading, requireLane(lane, SqliteLane), sink),
    checkUnchanged: () => requireSnapshot(input, read),
  };
}

function openSlice(
  plan: ReadPlan,
  source: PlannedSource,
  slice: FileSlice,
  signal: AbortSignal,
): PartitionPart {
  const input = requireInput(plan, slice.input);
  return {
    input: slice.input,
    fileName: input.name,
    records: checked(input, signal, () =>
      input.layout.kind === 'parquet'
        ? readParquetRows({ path: input.path })
        : readText(source, input, slice),
    ),
    ...((input.layout.kind === 'json' || input.layout.kind === 'csv') && {
      feed: (lane, sink) => checked(input, signal, () => feedText(source, input, slice, lane, sink)),
    }),
    checkUnchanged: () => requireUnchanged(input),
  };
}

/** A file that was replaced since planning is found out before its records are judged by the wrong layout. */
async function* checked<T>(
  input: PlannedInput,
  signal: AbortSignal,
  read: () => AsyncIterable<T>,
): AsyncGenerator<Awaited<T>, void> {
  await requirePlanned(input, signal);
  yield* read();
}

function requireInput(plan: ReadPlan, index: number): PlannedInput {
  const input = plan.inputs[index];
  if (input === undefined) throw fail('message_invalid', { message: `The plan has no input ${index}.` });
  return input;
}
