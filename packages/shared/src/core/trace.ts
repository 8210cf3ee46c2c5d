import type { Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';
import { recordRanges, type RecordRange } from './row-origin.ts';

/** A table of a run and what it was made of, over as many models as there are in between. */
export interface Lineage {
  readonly model: { readonly name: string; readonly file: string; readonly reads: readonly string[] } | null;
  /** The staged tables that it comes from; the table itself if it is one. */
  readonly inputs: readonly StagedInput[];
}

export interface StagedInput {
  readonly table: string;
  readonly source: string;
  readonly rows: number;
  readonly batches: number;
  readonly tasks: number;
  /** By file, in the order in which they were read; the parts of one file are put together where they follow each other. */
  readonly records: readonly RecordRange[];
  /** Earlier runs that read what this one took over. */
  readonly takenOverFrom: readonly string[];
}

/** @param table a staged table or a model of the plan */
export function lineageOf(plan: Plan, manifests: ReadonlyMap<string, Manifest>, table: string): Lineage {
  const model = plan.models.find(({ name }) => name === table);
  const staged = ancestorsOf(plan, table);
  return {
    model:
      model === undefined ? null : { name: model.name, file: model.file, reads: [...model.dependsOn].sort() },
    inputs: plan.tables
      .filter(({ name }) => staged.has(name))
      .map(({ name, source }) => stagedInput(plan, manifests, name, source)),
  };
}

/** All that a table is made of, itself included. */
function ancestorsOf(plan: Plan, table: string): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [table];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    waiting.push(...(plan.models.find((model) => model.name === name)?.dependsOn ?? []));
  }
  return found;
}

function stagedInput(
  plan: Plan,
  manifests: ReadonlyMap<string, Manifest>,
  table: string,
  source: string,
): StagedInput {
  const tasks = plan.tasks.flatMap((task) => {
    const manifest = manifests.get(task.id);
    return task.kind === 'extract' && task.tables.includes(table) && manifest !== undefined
      ? [{ task, manifest }]
      : [];
  });
  const outputs = tasks.flatMap(({ manifest }) =>
    manifest.outputs.filter((output) => output.table === table),
  );
  const reused = tasks.flatMap(({ manifest }) => manifest.extracted?.reused?.run ?? []);
  return {
    table,
    source,
    rows: outputs.reduce((rows, output) => rows + output.rows, 0),
    batches: outputs.reduce((batches, output) => batches + output.batches.length, 0),
    tasks: tasks.length,
    records: joinRanges(tasks.flatMap(({ task, manifest }) => recordRanges(plan, task, manifest))),
    takenOverFrom: [...new Set(reused)].sort(),
  };
}

function joinRanges(ranges: readonly RecordRange[]): RecordRange[] {
  const joined: RecordRange[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    const follows = last?.file === range.file && last.last !== null && range.first === last.last + 1;
    if (last !== undefined && follows)
      joined.splice(-1, 1, { ...last, last: range.last, records: last.records + range.records });
    else joined.push(range);
  }
  return joined;
}
