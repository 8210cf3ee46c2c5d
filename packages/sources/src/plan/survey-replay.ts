import type { Partition } from '@millrace/shared/core/build-tasks';
import { formatColumnType } from '@millrace/shared/core/column-type';
import { fail } from '@millrace/shared/core/errors';
import type { Column, Source, TableDeclaration } from '@millrace/shared/core/pipeline';
import type { Plan, PlannedInput } from '@millrace/shared/core/plan';
import type { ReplayGroup, ReplayLayer } from '@millrace/shared/core/replay-scope';
import type { RejectsPart } from '@millrace/shared/core/task';

import { PARTITION_BYTES } from './group-slices.ts';
import { tablesOf, type ReplayPipeline } from './replay-pipeline.ts';
import type { SourceSurvey } from './source-survey.ts';
import { evolves } from '../contract/evolve-table.ts';
import { stageTable } from './stage-table.ts';

/**
 * Survey of a source of a replay: what is replayed of it is read from rejects, the rest as in any run. Files of which
 * only rejects are read are not looked at and may be gone: what is known of them, with their layout, stands in the plan
 * of the root. So do columns that nobody declares.
 * @param survey of what is read as in any run
 */
export async function surveyWithReplay(
  source: Source,
  replay: ReplayPipeline | null,
  survey: (source: Source) => Promise<SourceSurvey>,
): Promise<SourceSurvey> {
  const groups = replay?.groups.filter((group) => group.source === source.name) ?? [];
  if (replay === null || groups.length === 0) return survey(source);
  const names = new Set(groups.flatMap((group) => tablesOf(replay.pipeline, group)));
  const others = source.tables.filter(({ name }) => !names.has(name));
  const rest = others.length === 0 ? NOTHING : await survey({ ...source, tables: others });
  const known = new Set(rest.inputs.map(({ name }) => name));
  const { root } = replay;
  return {
    inputs: [...rest.inputs, ...inputsWithRejects(root, source.name).filter(({ name }) => !known.has(name))],
    tables: source.tables.map(
      (table) =>
        rest.tables.find(({ name }) => name === table.name) ??
        stageTable(source, table, columnsOf(source, table, root.plan)),
    ),
    partitions: [...rest.partitions, ...groups.flatMap((group) => partitionsOf(source, group))],
  };
}

const NOTHING: SourceSurvey = { inputs: [], tables: [], partitions: [] };

function inputsWithRejects({ plan, manifests }: ReplayLayer, source: string): PlannedInput[] {
  const files = [...manifests.values()].flatMap(({ extracted }) => extracted?.files ?? []);
  const rejected = new Set(files.filter((file) => file.rejected > 0).map((file) => file.input));
  return plan.inputs.filter((input, index) => input.source === source && rejected.has(index));
}

function columnsOf(source: Source, table: TableDeclaration, root: Plan): readonly Column[] {
  const { name } = table;
  const before = root.tables.find((candidate) => candidate.name === name && candidate.source === source.name);
  const columns = table.columns === null ? before?.columns : evolvedAsBefore(table, table.columns, root);
  if (columns === undefined) {
    throw fail('replay_impossible', {
      message: `Table '${name}' declares no columns, and the run whose rejects are replayed had no such table.`,
      where: `source '${source.name}'`,
      hint: 'Declare its columns under `columns:`.',
    });
  }
  return columns;
}

/**
 * What a table has become by the data of the root, the replayed records are to fit as well. A column that a person has
 * declared anew since then is as it is declared.
 */
function evolvedAsBefore(
  table: TableDeclaration,
  declared: readonly Column[],
  { tables, drift }: Plan,
): readonly Column[] {
  const before = tables.find(({ name }) => name === table.name)?.columns ?? [];
  const evolved = evolves(table)
    ? drift.filter((one) => one.table === table.name && one.mode === 'evolve')
    : [];
  const columns = declared.map((column) => {
    const type = formatColumnType(column.type);
    const isChanged = evolved.some(
      (one) => one.kind === 'changed_type' && one.column === column.name && one.declared === type,
    );
    return (isChanged ? before.find(({ name }) => name === column.name) : undefined) ?? column;
  });
  const added = before.filter(
    ({ name }) =>
      evolved.some((one) => one.kind === 'new_column' && one.column === name) &&
      !declared.some((column) => column.name === name),
  );
  return [...columns, ...added];
}

function partitionsOf(source: Source, { table, parts }: ReplayGroup): Partition[] {
  const tables = table === null ? source.tables.map(({ name }) => name) : [table];
  return groupParts(parts).map((group) => ({
    source: source.name,
    tables,
    table,
    read: { kind: 'rejects', parts: group },
  }));
}

/** Parts come from tasks, most of which have few rejects; one that has more than fill a task is not divided. */
function groupParts(parts: readonly RejectsPart[]): RejectsPart[][] {
  const groups: RejectsPart[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    const bytes = part.batches.reduce((sum, batch) => sum + batch.bytes, 0);
    if (filled + bytes > PARTITION_BYTES) {
      groups.push([]);
      filled = 0;
    }
    groups.at(-1)?.push(part);
    filled += bytes;
  }
  return groups;
}
