import type { Command } from 'commander';

import { listWorkers, type WorkerInfo } from '@millrace/shared/adapters/worker-registry';
import { fail } from '@millrace/shared/core/errors';
import { formatBytes } from '@millrace/shared/core/format-bytes';

import { createCommand, type CommandContext } from '../command.ts';
import { localConfig } from '../local-config.ts';
import { escapeControls } from '../render/escape.ts';
import { formatDuration, plural } from '../render/quantity.ts';
import { renderTable } from '../render/table.ts';
import { findWorkers } from '../stack/find-workers.ts';
import type { Terminal } from '../terminal.ts';

export function define({ terminal }: CommandContext): Command {
  return createCommand('workers', 'Lists the workers that run now, and what each of them does.', [
    'millrace workers',
    'millrace workers --json',
  ]).action(() => showWorkers(terminal));
}

async function showWorkers(terminal: Terminal): Promise<void> {
  const config = localConfig();
  const found = await findWorkers(config);
  if (found === null) {
    throw fail('stack_not_running', {
      message: 'No stack is running for this folder, and REDIS_URL names no other.',
      where: config.home,
      hint: 'Start one with `millrace up`.',
    });
  }
  const workers = await listWorkers({ redisUrl: found.redisUrl, prefix: config.queuePrefix });
  if (terminal.json) terminal.printJson({ workers: workers.map(toJson) });
  else if (workers.length === 0) terminal.print('No workers are running.');
  else terminal.print(...render(workers, terminal));
}

function toJson(worker: WorkerInfo) {
  const { id, stage, pid, host, version, task, heldUp } = worker;
  return {
    id,
    stage,
    pid,
    host,
    version,
    started_at: worker.startedAt,
    seen_at: worker.seenAt,
    rss_bytes: worker.rssBytes,
    health_url: worker.healthUrl,
    task:
      task === null
        ? null
        : {
            run: task.run,
            task: task.task,
            started_at: task.startedAt,
            rows: task.rows,
            batches: task.batches,
            rejected: task.rejected,
          },
    held_up: heldUp,
  };
}

/** What it does now; what it could not go on with is more telling than the number of rows. */
function describeTask(task: WorkerInfo['task'], heldUp: WorkerInfo['heldUp']): string {
  if (heldUp !== null) return `${heldUp.task} of ${heldUp.run} ${heldUp.message}`;
  return task === null ? 'waiting' : `${task.task} of ${task.run}, ${plural(task.rows, 'row')}`;
}

function render(workers: readonly WorkerInfo[], terminal: Terminal): string[] {
  const rows = workers.map(({ stage, pid, host, startedAt, rssBytes, task, heldUp }) => [
    stage,
    String(pid),
    escapeControls(host),
    formatDuration(Math.max(0, Date.now() - Date.parse(startedAt))),
    formatBytes(rssBytes),
    escapeControls(describeTask(task, heldUp)),
  ]);
  const columns = [
    { header: 'stage' },
    { header: 'pid', align: 'right' as const },
    { header: 'host' },
    { header: 'up', align: 'right' as const },
    { header: 'memory', align: 'right' as const },
    { header: 'now' },
  ];
  return renderTable(columns, rows, terminal);
}
