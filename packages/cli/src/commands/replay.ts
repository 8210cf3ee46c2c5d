import type { Command } from 'commander';

import { fail } from '@millrace/shared/core/errors';
import { REJECT_REASONS, type RejectReason } from '@millrace/shared/core/reject';
import { requestRun } from '@millrace/shared/runtime/request-run';

import { createCommand, type CommandContext } from '../command.ts';
import { findRun } from '../find-run.ts';
import { withInterrupt } from '../interrupt.ts';
import { localConfig } from '../local-config.ts';
import { requireKnown } from '@millrace/shared/runtime/read-rejects';
import { plural } from '../render/quantity.ts';
import { prepareReplay, type PreparedReplay, type ReplayWish } from '../replay/prepare-replay.ts';
import { requestOnly } from '../request-only.ts';
import { printEnd, runAndFollow, throwIfNotPublished } from '../run-and-follow.ts';
import { addWorkerOptions, workerCounts, type WorkerOptions } from '../stack/worker-options.ts';
import type { Terminal } from '../terminal.ts';

interface ReplayOptions extends WorkerOptions {
  readonly reason: readonly string[];
  readonly source: readonly string[];
  readonly from?: string;
  readonly pipeline?: string;
  readonly wait?: boolean;
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

export function define(context: CommandContext): Command {
  const command = createCommand(
    'replay',
    'Runs the rejected records of a run again, after the pipeline or the data was mended. None is loaded twice.',
    [
      'millrace replay 20261122T060000-1a2b3c4d --wait                  # all that are left',
      'millrace replay 20261122T060000-1a2b3c4d --reason type_mismatch  # those refused for this reason',
      'millrace rejects 20261122T060000-1a2b3c4d --export bad.ndjson    # mend `raw` in it, then:',
      'millrace replay 20261122T060000-1a2b3c4d --from bad.ndjson --wait',
    ],
  )
    .argument('<run>', 'id of the run, or of a replay of it')
    .option('--reason <code>', 'only records refused for this reason; may be repeated', collect, [])
    .option('--source <name>', 'only records of this source; may be repeated', collect, [])
    .option('--from <file>', 'the records of this file, as they were mended in it (.ndjson of --export)')
    .option('--pipeline <pipeline>', 'the mended pipeline, when it is not where the run found it')
    .option('--wait', 'follow the replay to its end; starts a stack for it when none is running');
  return addWorkerOptions(command).action((run: string, options: ReplayOptions) =>
    withInterrupt((signal) => replay(context, run, options, signal)),
  );
}

async function replay(
  context: CommandContext,
  given: string,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<void> {
  const { terminal } = context;
  const wish = readWish(options);
  const config = localConfig();
  const found = await findRun(config, given);
  const prepared = await prepareReplay(config, found, wish);
  const { request } = prepared;
  if (request === null) {
    sayNothingToDo(terminal, prepared);
    return;
  }
  if (!terminal.json) announce(terminal, prepared);
  const { bucket } = found;
  const runWish = { ...request, trigger: 'cli', key: null } as const;
  if (options.wait !== true) {
    await requestOnly(terminal, config, bucket, runWish);
    return;
  }
  const counts = workerCounts(options);
  const followed = await runAndFollow({
    context,
    config,
    bucket,
    pipeline: runWish.pipeline,
    begin: (queue) => requestRun(bucket, queue, runWish),
    counts,
    signal,
  });
  printEnd(terminal, followed);
  throwIfNotPublished(followed.state);
}

function readWish({ reason, source, from, pipeline }: ReplayOptions): ReplayWish {
  if (from !== undefined && reason.length + source.length > 0)
    throw fail('usage', { message: '--from says which records to replay: leave out --reason and --source.' });
  for (const one of reason) requireKnown('reason', one, REJECT_REASONS);
  return {
    reasons: reason.length === 0 ? null : (reason as readonly RejectReason[]),
    sources: source.length === 0 ? null : source,
    from: from ?? null,
    pipeline,
  };
}

function announce(terminal: Terminal, { root, records, notReplayable, request }: PreparedReplay): void {
  terminal.print(
    `replay ${request?.replay.sequence ?? 0} of ${root}: ${plural(records, 'rejected record')} to be read again`,
  );
  if (notReplayable > 0) terminal.print(`  ${explainNotReplayable(notReplayable)}`);
}

function sayNothingToDo(terminal: Terminal, prepared: PreparedReplay): void {
  const { root, rejected, left, notReplayable } = prepared;
  if (terminal.json) {
    terminal.printJson({
      run: null,
      status: 'nothing_to_replay',
      replay_of: root,
      records_rejected: rejected,
      records_left: left,
      records_not_replayable: notReplayable,
    });
    return;
  }
  const lines = [`Nothing to replay of ${root}: it rejected ${plural(rejected, 'record')}.`];
  if (rejected > left) lines.push(`  ${plural(rejected - left, 'record')} were accepted by replays since.`);
  if (notReplayable > 0) lines.push(`  ${explainNotReplayable(notReplayable)}`);
  else if (left > 0) lines.push(`  ${plural(left, 'record')} left, none of which was chosen.`);
  terminal.print(...lines);
}

function explainNotReplayable(records: number): string {
  return `${plural(records, 'record')} cannot be read again, because not all of their bytes were kept; mend them with --from.`;
}
