import { openEngine } from '@millrace/shared/adapters/duckdb';
import type { TaskResult } from '@millrace/shared/core/manifest';
import type { ExtractTask, Task } from '@millrace/shared/core/task';
import { fail } from '@millrace/shared/core/errors';
import type { TaskContext, TaskHandler } from '@millrace/shared/ports/task-handler';
import type { ServiceTools } from '@millrace/shared/runtime/service-tools';
import { compileJudge } from '@millrace/sources/judge/judge';
import { openPartition } from '@millrace/sources/read/open-partition';

import { createAccount } from './core/account.ts';
import { openWriters, type Writers } from './open-writers.ts';
import { sortChunk } from './sort-chunk.ts';
import { fingerprintOfRead, takeOver } from './take-over.ts';

/**
 * Reads one partition: each record is judged, and becomes rows of the staged tables or a reject. Nothing it writes is
 * seen by anyone until the worker has committed the result as the task's manifest.
 */
export function createExtractHandler({ config, store, logger }: ServiceTools): TaskHandler {
  return async (context) => {
    const extract = { ...context, task: requireExtract(context.task) };
    const taken = await takeOver({ store, logger }, extract);
    if (taken !== null) return taken;
    const engine = await openEngine({
      memoryLimitBytes: config.memoryLimitBytes / 2,
      threads: 1,
      spillDir: null,
    });
    const writers = openWriters(extract, engine);
    try {
      return await extractPartition(extract, writers);
    } catch (error) {
      await writers.discard();
      throw error;
    } finally {
      await engine.close();
    }
  };
}

function requireExtract(task: Task): ExtractTask {
  if (task.kind === 'extract') return task;
  throw fail('message_invalid', {
    message: `A task of kind ${task.kind} does not belong on this queue.`,
    where: task.id,
  });
}

async function extractPartition(context: TaskContext<ExtractTask>, writers: Writers): Promise<TaskResult> {
  const { plan, task, signal, onProgress } = context;
  const tables = plan.tables.filter((table) => task.tables.includes(table.name));
  const source = plan.sources.find((candidate) => candidate.name === task.source);
  if (source === undefined)
    throw fail('message_invalid', { message: `The plan has no source '${task.source}'.` });
  const judge = compileJudge(tables, source.type);
  const account = createAccount();
  for (const part of openPartition(plan, task, signal)) {
    for await (const chunk of part.records) {
      signal.throwIfAborted();
      const sorted = sortChunk(chunk, judge, { source: source.name, file: part.fileName });
      account.add(part.input, sorted.counts);
      await writers.append(sorted);
      onProgress(writers.progress());
    }
    account.touch(part.input);
    await part.checkUnchanged();
  }
  const { outputs, rejects } = await writers.finish();
  return {
    outputs,
    extracted: {
      files: account.files(),
      rejects: { ...rejects, byReason: account.byReason() },
      fingerprint: await fingerprintOfRead(plan, task),
      reused: null,
    },
    loaded: null,
  };
}
