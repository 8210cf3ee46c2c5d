import { setImmediate } from 'node:timers/promises';

import type { Engine } from '@millrace/shared/adapters/duckdb';
import type { BatchWriter } from '@millrace/shared/adapters/parquet-batches';
import { createParquetBatches, createRejectBatches } from '@millrace/shared/adapters/parquet-writer';
import type { BatchReference, TableOutput } from '@millrace/shared/core/batch';
import { bucketLayout } from '@millrace/shared/core/bucket-layout';
import type { MemoryPool } from '@millrace/shared/core/columns/memory-pool';
import type { TableStore } from '@millrace/shared/core/columns/table-store';
import { duckdbType } from '@millrace/shared/core/column-type';
import type { Reject } from '@millrace/shared/core/reject';
import type { ExtractTask } from '@millrace/shared/core/task';
import type { TaskContext, TaskProgress } from '@millrace/shared/ports/task-handler';

/** Rejects are few, but one may be as large as the largest record. */
const REJECT_BATCH = { rows: 10_000, bytes: 16 * 1024 * 1024 } as const;

/** The batches of a task: one series per staged table, and one of rejects. */
export interface Writers {
  /** One for each table of the task, in the order of the plan. */
  readonly stores: readonly TableStore[];
  readonly addReject: (reject: Reject) => void;
  /** Takes what is full out of the stores. Between records, and every now and then. */
  drain(): Promise<void>;
  progress(): TaskProgress;
  finish(): Promise<{ outputs: TableOutput[]; rejects: { records: number; batches: BatchReference[] } }>;
  /** Removes what is not sealed yet. Sealed objects of a failed attempt stay, unseen, until they are pruned. */
  discard(): Promise<void>;
}

export function openWriters(
  { plan, task, bucket, attempt, signal }: TaskContext<ExtractTask>,
  engine: Engine,
  pool: MemoryPool,
): Writers {
  const tables = plan.tables.filter((table) => task.tables.includes(table.name));
  const writers = tables.map((table) =>
    createParquetBatches({
      engine,
      bucket,
      pool,
      signal,
      columns: table.columns,
      batch: plan.batch,
      newKey: (index) => bucketLayout.staged(plan.run, table.name, task.id, attempt, index),
    }),
  );
  const rejects = createRejectBatches({
    engine,
    bucket,
    pool,
    signal,
    batch: REJECT_BATCH,
    run: plan.run,
    newKey: (index) => bucketLayout.rejected(plan.run, task.id, attempt, index),
  });
  const all = [...writers, rejects];
  let rejected = 0;
  return {
    stores: writers.map(({ store }) => store),
    addReject(reject) {
      rejects.add(reject);
      rejected += 1;
    },
    async drain() {
      for (const writer of all) {
        const draining = writer.drain();
        if (draining !== null) await draining;
      }
      // Native threads that write ask this one for rows, and are answered between turns of the event loop.
      if (all.some(({ isWriting }) => isWriting)) await setImmediate();
    },
    progress: () => ({ rows: sum(writers, 'rows'), rejected, batches: sum(writers, 'sealed') }),
    async finish() {
      const [kept, ...written] = await Promise.all([rejects, ...writers].map((writer) => writer.finish()));
      const outputs = tables.flatMap((table, index): TableOutput[] => {
        const columns = table.columns.map(({ name, type }) => ({ name, type: duckdbType(type) }));
        const { batches, rows } = written[index] ?? { batches: [], rows: 0 };
        return [{ table: table.name, columns, batches, rows }];
      });
      return { outputs, rejects: { records: rejected, batches: kept?.batches ?? [] } };
    },
    async discard() {
      await Promise.all(all.map((writer) => writer.discard()));
    },
  };
}

function sum(writers: readonly BatchWriter[], count: 'rows' | 'sealed'): number {
  return writers.reduce((total, writer) => total + writer[count], 0);
}
