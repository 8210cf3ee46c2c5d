import { openBatches, overBatches } from '@millrace/shared/adapters/open-batches';
import { sealBatch } from '@millrace/shared/adapters/seal-batch';
import type { BatchReference } from '@millrace/shared/core/batch';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { tablesRead } from '@millrace/shared/core/build-tasks';
import type { TaskResult } from '@millrace/shared/core/manifest';
import type { CheckTask } from '@millrace/shared/core/task';
import type { Draft } from '@millrace/shared/ports/bucket';
import type { TaskContext } from '@millrace/shared/ports/task-handler';

import type { CheckOrder, CheckOutcome, OrderedTable } from './contracts/model-order.ts';
import { inputTables } from './core/model-inputs.ts';
import type { Run } from './model-runner.ts';

/** Evaluates all checks of one table and measures it. That checks fail is a result like any other. */
export async function handleCheck(
  context: TaskContext<CheckTask>,
  engine: CheckOrder['engine'],
  run: Run<CheckOrder>,
): Promise<TaskResult> {
  const { plan, task, bucket, signal, inputs } = context;
  const checks = plan.checks.filter(({ table }) => table === task.table);
  const tables: OrderedTable[] = [];
  const opened: BatchReference[] = [];
  const keys: string[] = [];
  for (const { name, columns, rows, batches } of inputTables(plan, tablesRead(checks, task.table), inputs)) {
    tables.push({ name, columns, rows, paths: await openBatches(bucket, batches, signal) });
    opened.push(...batches);
    if (name === task.table) keys.push(...batches.map(({ key }) => key));
  }
  const drafts: Draft[] = [];
  try {
    const targets = [];
    for (const index of checks.keys()) {
      const key = bucketLayout.failures(plan.run, task.id, context.attempt, index);
      const draft = await bucket.draft(key);
      drafts.push(draft);
      targets.push({ path: draft.path, key });
    }
    const order: CheckOrder = {
      run: plan.run,
      table: task.table,
      plannedAt: plan.plannedAt,
      checks,
      baselines: plan.baselines.filter(({ table }) => table === task.table),
      tables,
      keys,
      targets,
      engine,
    };
    const outcome = await overBatches(bucket, opened, signal, () => run(order, signal));
    const failures = await sealKept(drafts, targets, outcome);
    const { checked, reads } = outcome;
    const results = checked.results.map((result, index) => ({
      ...result,
      failures: failures[index] ?? null,
    }));
    context.onProgress({ rows: checked.profile.rows, batches: 0, rejected: 0 });
    return { reads, outputs: [], extracted: null, loaded: null, checked: { ...checked, results } };
  } finally {
    for (const draft of drafts) await draft.discard();
  }
}

async function sealKept(
  drafts: readonly Draft[],
  targets: CheckOrder['targets'],
  { kept }: CheckOutcome,
): Promise<(BatchReference | null)[]> {
  const sealed: (BatchReference | null)[] = [];
  for (const [index, draft] of drafts.entries()) {
    const rows = kept[index] ?? 0;
    sealed.push(rows === 0 ? null : await sealBatch(draft, targets[index]?.key ?? '', rows));
  }
  return sealed;
}
