import { openEngine, type Engine, type EngineSettings } from '@millrace/shared/adapters/duckdb';
import { bindModel } from '@millrace/shared/adapters/model-bind';
import { invalid, parseModel } from '@millrace/shared/adapters/model-parse';
import { openBatches } from '@millrace/shared/adapters/open-batches';
import { sealBatch } from '@millrace/shared/adapters/seal-batch';
import type { TableOutput } from '@millrace/shared/core/batch';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { fail } from '@millrace/shared/core/errors';
import type { TableRows, TaskResult } from '@millrace/shared/core/manifest';
import type { Plan, PlannedModel } from '@millrace/shared/core/plan';
import type { ModelTask } from '@millrace/shared/core/task';
import type { TaskContext } from '@millrace/shared/ports/task-handler';

import { inputTables } from './core/model-inputs.ts';
import { showTable } from './model-tables.ts';
import { writeModel } from './write-model.ts';

export interface ModelSettings extends EngineSettings {
  readonly timeoutMs: number;
}

/**
 * Runs one model over exactly the objects that the manifests name. While it runs, the engine can reach those
 * objects and the new one, and nothing else: no other file, no network, no setting.
 */
export async function handleModel(
  context: TaskContext<ModelTask>,
  settings: ModelSettings,
): Promise<TaskResult> {
  const model = findModel(context.plan, context.task);
  const engine = await openEngine(settings);
  try {
    const select = await readSelect(engine, model);
    const { paths, reads } = await showInputs(engine, model, context);
    const output = await makeOutput(engine, { ...model, select }, paths, context, settings);
    context.onProgress({ rows: output.rows, batches: output.batches.length, rejected: 0 });
    return { reads, outputs: [output], extracted: null, loaded: null };
  } finally {
    await engine.close();
  }
}

function findModel(plan: Plan, task: ModelTask): PlannedModel {
  const model = plan.models.find(({ name }) => name === task.model);
  if (model !== undefined) return model;
  throw fail('message_invalid', {
    message: `The plan has no model '${task.model}', which its task '${task.id}' is to run.`,
    where: `run ${plan.run}`,
  });
}

/** Checked at planning too, but this is the process that would do what a forged plan says. */
async function readSelect(engine: Engine, model: PlannedModel): Promise<string> {
  const { select, references } = await parseModel(engine, model);
  const known = new Set(model.dependsOn.map((name) => name.toLowerCase()));
  const unknown = references.find(({ name }) => !known.has(name.toLowerCase()));
  if (unknown === undefined) return select;
  throw invalid(model, `Model '${model.name}' reads '${unknown.name}' outside of its plan.`, unknown.place);
}

async function showInputs(
  engine: Engine,
  model: PlannedModel,
  { plan, inputs, bucket, signal }: TaskContext<ModelTask>,
): Promise<{ paths: string[]; reads: TableRows[] }> {
  const all: string[] = [];
  const reads: TableRows[] = [];
  for (const table of inputTables(plan, model, inputs)) {
    const paths = await openBatches(bucket, table.batches, signal);
    reads.push({ table: table.name, rows: await showTable(engine, plan, table, paths) });
    for (const path of paths) all.push(path);
  }
  return { paths: all, reads };
}

/** One object, whatever its size: DuckDB keeps the order of an ORDER BY only within one file. No rows, no object. */
async function makeOutput(
  engine: Engine,
  model: PlannedModel & { readonly select: string },
  inputPaths: readonly string[],
  { plan, bucket, attempt, signal }: TaskContext<ModelTask>,
  { timeoutMs }: ModelSettings,
): Promise<TableOutput> {
  const key = bucketLayout.modeled(plan.run, model.name, attempt, 0);
  const draft = await bucket.draft(key);
  try {
    await engine.confineTo([...inputPaths, draft.path]);
    const bound = await bindModel(engine, model);
    const target = { path: draft.path, key, columns: bound };
    const rows = await writeModel(engine, model, target, { timeoutMs, signal });
    const batches = rows === 0 ? [] : [await sealBatch(draft, key, rows)];
    const columns = bound.map(({ name, type }) => ({ name, type }));
    return { table: model.name, columns, batches, rows };
  } finally {
    await draft.discard();
  }
}
