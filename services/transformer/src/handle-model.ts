import { openBatches, overBatches } from '@millrace/shared/adapters/open-batches';
import { sealBatch } from '@millrace/shared/adapters/seal-batch';
import type { TableOutput } from '@millrace/shared/core/batch';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { fail } from '@millrace/shared/core/errors';
import type { TableRows, TaskResult } from '@millrace/shared/core/manifest';
import type { Plan, PlannedModel } from '@millrace/shared/core/plan';
import type { ModelTask } from '@millrace/shared/core/task';
import type { TaskContext, TaskHandler } from '@millrace/shared/ports/task-handler';
import type { ServiceTools } from '@millrace/shared/runtime/service-tools';

import type { ModelOrder, OrderedTable } from './contracts/model-order.ts';
import { inputTables } from './core/model-inputs.ts';
import { handleCheck } from './handle-check.ts';
import { createModelRunner, type Run } from './model-runner.ts';

/** Does the tasks of the transform queue, each in another process than this one. */
export function createModelHandler({ config }: Pick<ServiceTools, 'config'>): TaskHandler {
  const { memoryLimitBytes, threads, spillDir } = config;
  const engine = { memoryLimitBytes, threads, spillDir };
  const runModel = createModelRunner(config.modelTimeoutMs);
  return (context) => {
    const { task } = context;
    if (task.kind === 'model') return handleModel({ ...context, task }, engine, runModel);
    if (task.kind === 'check') return handleCheck({ ...context, task }, engine, runModel);
    throw fail('message_invalid', {
      message: `A task of kind ${task.kind} does not belong on this queue.`,
      where: task.id,
    });
  };
}

/** Makes one model's table of exactly the objects that the manifests name. */
export async function handleModel(
  context: TaskContext<ModelTask>,
  engine: ModelOrder['engine'],
  runModel: Run<ModelOrder>,
): Promise<TaskResult> {
  const model = findModel(context.plan, context.task);
  const { plan, inputs, bucket, signal } = context;
  const batches = inputTables(plan, model.dependsOn, inputs).flatMap((table) => table.batches);
  const tables = await openInputs(model, context);
  const { output, reads } = await overBatches(bucket, batches, signal, () =>
    makeOutput(model, tables, context, { engine, runModel }),
  );
  context.onProgress({ rows: output.rows, batches: output.batches.length, rejected: 0 });
  return { reads, outputs: [output], extracted: null, loaded: null };
}

function findModel(plan: Plan, task: ModelTask): PlannedModel {
  const model = plan.models.find(({ name }) => name === task.model);
  if (model !== undefined) return model;
  throw fail('message_invalid', {
    message: `The plan has no model '${task.model}', which its task '${task.id}' is to run.`,
    where: `run ${plan.run}`,
  });
}

async function openInputs(
  model: PlannedModel,
  { plan, inputs, bucket, signal }: TaskContext<ModelTask>,
): Promise<OrderedTable[]> {
  const tables: OrderedTable[] = [];
  for (const { name, columns, rows, batches } of inputTables(plan, model.dependsOn, inputs)) {
    tables.push({ name, columns, rows, paths: await openBatches(bucket, batches, signal) });
  }
  return tables;
}

/** One object, whatever its size: DuckDB keeps the order of an ORDER BY only within one file. No rows, no object. */
async function makeOutput(
  { name, file, sql }: PlannedModel,
  tables: readonly OrderedTable[],
  { plan, bucket, attempt, signal }: TaskContext<ModelTask>,
  { engine, runModel }: { engine: ModelOrder['engine']; runModel: Run<ModelOrder> },
): Promise<{ output: TableOutput; reads: readonly TableRows[] }> {
  const key = bucketLayout.modeled(plan.run, name, attempt, 0);
  const draft = await bucket.draft(key);
  try {
    const target = { path: draft.path, key };
    const order = { run: plan.run, model: { name, file, sql }, tables, target, engine };
    const { columns, rows, reads } = await runModel(order, signal);
    const batches = rows === 0 ? [] : [await sealBatch(draft, key, rows)];
    return { output: { table: name, columns, batches, rows }, reads };
  } finally {
    await draft.discard();
  }
}
