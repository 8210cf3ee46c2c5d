import { MemoryPool } from '@millrace/shared/core/columns/memory-pool';
import type { TaskResult } from '@millrace/shared/core/manifest';
import type { ExtractTask, Task } from '@millrace/shared/core/task';
import { fail } from '@millrace/shared/core/errors';
import type { TaskContext, TaskHandler } from '@millrace/shared/ports/task-handler';
import type { ServiceTools } from '@millrace/shared/runtime/service-tools';
import { compileJudge } from '@millrace/sources/judge/judge';
import { compileLane } from '@millrace/sources/read/compile-lane';
import { openPartition } from '@millrace/sources/read/open-partition';
import { feedRecords } from '@millrace/sources/record-sink';
import { readRejectsAgain } from '@millrace/sources/read/read-rejects-again';

import { createAccount } from './core/account.ts';
import { judgeRecords } from './judge-records.ts';
import { createEngineLender } from './lend-engine.ts';
import { memoryBudget } from './memory-budget.ts';
import { openWriters, type Writers } from './open-writers.ts';
import { fingerprintOfRead, takeOver } from './take-over.ts';

export interface ExtractOptions {
  /** Has the judge take every record. The outcome is the same, which tests prove by this. */
  readonly strictOnly: boolean;
}

/**
 * Reads one partition: each record is judged, and becomes rows of the staged tables or a reject. Nothing it writes is
 * seen by anyone until the worker has committed the result as the task's manifest.
 */
export function createExtractHandler(
  { config, store, logger }: ServiceTools,
  { strictOnly }: ExtractOptions = { strictOnly: false },
): TaskHandler {
  const budget = memoryBudget(config.memoryLimitBytes);
  const pool = new MemoryPool(budget.keptColumnBytes);
  const engines = createEngineLender(
    { memoryLimitBytes: config.memoryLimitBytes / 2, threads: 1, spillDir: null },
    budget.tasksPerEngine,
  );
  return async (context) => {
    const extract = { ...context, task: requireExtract(context.task) };
    const taken = await takeOver({ store, logger }, extract);
    if (taken !== null) return taken;
    return engines.lend(async (engine) => {
      const writers = openWriters(extract, engine, pool);
      try {
        return await extractPartition(extract, writers, strictOnly);
      } catch (error) {
        await writers.discard();
        throw error;
      }
    });
  };
}

function requireExtract(task: Task): ExtractTask {
  if (task.kind === 'extract') return task;
  throw fail('message_invalid', {
    message: `A task of kind ${task.kind} does not belong on this queue.`,
    where: task.id,
  });
}

/** What a replay reads stands in the bucket; all else in files. */
function openParts({ plan, task, bucket, signal }: TaskContext<ExtractTask>) {
  return task.read.kind === 'rejects'
    ? readRejectsAgain(plan, task, task.read.parts, { bucket, signal })
    : openPartition(plan, task, signal);
}

async function extractPartition(
  context: TaskContext<ExtractTask>,
  writers: Writers,
  strictOnly: boolean,
): Promise<TaskResult> {
  const { plan, task, signal, onProgress } = context;
  const tables = plan.tables.filter((table) => task.tables.includes(table.name));
  const source = plan.sources.find((candidate) => candidate.name === task.source);
  if (source === undefined)
    throw fail('message_invalid', { message: `The plan has no source '${task.source}'.` });
  const account = createAccount();
  const judge = compileJudge(tables, source.type);
  const judging = { tables, judge, account, stores: writers.stores, addReject: writers.addReject };
  const lane = strictOnly ? null : compileLane(source, tables, writers.stores);
  for await (const part of openParts(context)) {
    account.seen(part.input, 0);
    const isNumbered = task.read.kind === 'relation';
    const origin = { source: source.name, file: part.fileName, input: part.input, isNumbered };
    const sink = judgeRecords(judging, origin);
    const canRun = lane !== null && 'feed' in part && part.feed !== undefined;
    for await (const _ of canRun ? part.feed(lane, sink) : feedRecords(part.records, sink)) {
      signal.throwIfAborted();
      await writers.drain();
      onProgress(writers.progress());
    }
    await part.checkUnchanged();
  }
  const { outputs, rejects } = await writers.finish();
  const drift = account.drifts();
  return {
    outputs,
    extracted: {
      files: account.files(),
      rejects: { ...rejects, byReason: account.byReason() },
      ...(drift.length > 0 && { drift }),
      fingerprint: await fingerprintOfRead(plan, task),
      reused: null,
    },
    loaded: null,
  };
}
