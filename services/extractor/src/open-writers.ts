import type { Engine } from '@millrace/shared/adapters/duckdb';
import { createParquetBatches, createRejectBatches } from '@millrace/shared/adapters/parquet-writer';
import type { BatchReference, TableOutput } from '@millrace/shared/core/batch';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import { duckdbType } from '@millrace/shared/core/column-type';
import type { ExtractTask } from '@millrace/shared/core/task';
import type { TaskContext, TaskProgress } from '@millrace/shared/ports/task-handler';

import type { SortedChunk } from './sort-chunk.ts';

/** Rejects are few, but one may be as large as the largest record. */
const REJECT_BATCH = { rows: 10_000, bytes: 16 * 1024 * 1024 } as const;

/** The batches of a task: one series per staged table, and one of rejects. */
export interface Writers {
  append(chunk: SortedChunk): Promise<void>;
  progress(): TaskProgress;
  finish(): Promise<{ outputs: TableOutput[]; rejects: { records: number; batches: BatchReference[] } }>;
  /** Removes what is not sealed yet. Sealed objects of a failed attempt stay, unseen, until they are pruned. */
  discard(): Promise<void>;
}

export function openWriters(
  { plan, task, bucket, attempt }: TaskContext<ExtractTask>,
  engine: Engine,
): Writers {
  const tables = plan.tables.filter((table) => task.tables.includes(table.name));
  const writers = tables.map((table) =>
    createParquetBatches({
      engine,
      bucket,
      columns: table.columns,
      batch: plan.batch,
      newKey: (index) => bucketLayout.staged(plan.run, table.name, task.id, attempt, index),
    }),
  );
  const rejects = createRejectBatches({
    engine,
    bucket,
    batch: REJECT_BATCH,
    run: plan.run,
    newKey: (index) => bucketLayout.rejected(plan.run, task.id, attempt, index),
  });
  let rows = 0;
  let rejected = 0;
  return {
    async append(chunk) {
      for (const [index, made] of chunk.rows.entries()) {
        await writers[index]?.append(made);
        rows += made.length;
      }
      await rejects.append(chunk.rejects);
      rejected += chunk.rejects.length;
    },
    progress: () => ({ rows, rejected, batches: writers.reduce((sum, writer) => sum + writer.sealed, 0) }),
    async finish() {
      const outputs: TableOutput[] = [];
      for (const [index, table] of tables.entries()) {
        const written = await writers[index]?.finish();
        if (written === undefined) continue;
        const columns = table.columns.map(({ name, type }) => ({ name, type: duckdbType(type) }));
        outputs.push({ table: table.name, columns, ...written });
      }
      const kept = await rejects.finish();
      return { outputs, rejects: { records: rejected, batches: [...kept.batches] } };
    },
    async discard() {
      await Promise.all([...writers, rejects].map((writer) => writer.discard()));
    },
  };
}
