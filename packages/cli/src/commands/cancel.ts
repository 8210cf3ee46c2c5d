import type { Command } from 'commander';

import { cancelRun, type Cancellation } from '@millrace/shared/runtime/cancel-run';
import { removeCancelled } from '@millrace/shared/runtime/prune-bucket';
import type { AtWork } from '@millrace/shared/runtime/wait-until-left';

import { createCommand, type CommandContext } from '../command.ts';
import { sum } from '@millrace/shared/core/report/run-view';
import { findRun } from '../find-run.ts';
import { localConfig } from '../local-config.ts';
import { escapeControls } from '../render/escape.ts';
import { formatTime, plural } from '../render/quantity.ts';
import type { Terminal } from '../terminal.ts';
import { tellWorkers } from '../tell-workers.ts';
import { whoAsks } from '@millrace/shared/runtime/who-asks';
import { formatBytes } from '@millrace/shared/core/format-bytes';

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'cancel',
    'Ends a run that is not published yet: nothing of it will be, and what it has stored is removed.',
    ['millrace cancel 20261122T060000-1a2b3c4d', 'millrace cancel 20261122T060000-1a2b3c4d --json'],
  )
    .argument('<run>', 'id of the run; `millrace runs` lists them')
    .action((run: string) => cancel(terminal, run));
}

async function cancel(terminal: Terminal, given: string): Promise<void> {
  const config = localConfig();
  const { bucket, store, run } = await findRun(config, given);
  const by = whoAsks();
  const cancellation = await cancelRun(store, run, by);
  if (!terminal.json) terminal.print(describe(cancellation));
  const workers = await tellWorkers(config, cancellation.state);
  if (workers.atWork === null) terminal.remark(`Its workers could not be asked: ${workers.why}`);
  const removals = await removeCancelled(bucket, store, run, `cancel by ${by}`);
  const sizeBytes = sum(removals, (removal) => removal.sizeBytes);
  if (terminal.json) terminal.printJson(toJson(cancellation, workers.atWork, removals.length, sizeBytes));
  else {
    for (const { id, task } of workers.atWork ?? [])
      terminal.print(`  still at work: ${escapeControls(`${id} on ${task}`)}; it publishes nothing`);
    terminal.print(`  removed ${plural(removals.length, 'object')}, ${formatBytes(sizeBytes)}`);
  }
}

function describe({ state: { request }, decision, already }: Cancellation): string {
  const { pipeline, run } = request;
  return already
    ? `cancelled ${pipeline} ${run} already, at ${formatTime(decision.decidedAt)} UTC`
    : `cancelled ${pipeline} ${run}: nothing of it will be published`;
}

function toJson(
  { state: { request }, decision, already }: Cancellation,
  atWork: readonly AtWork[] | null,
  removedObjects: number,
  removedBytes: number,
) {
  return {
    run: request.run,
    pipeline: request.pipeline,
    status: 'cancelled',
    already_cancelled: already,
    cancelled_at: decision.decidedAt,
    cancelled_by: decision.by,
    workers_at_work: atWork?.map(({ id, task }) => ({ id, task })) ?? null,
    removed_objects: removedObjects,
    removed_bytes: removedBytes,
  };
}
