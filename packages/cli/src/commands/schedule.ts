import { existsSync } from 'node:fs';
import { Argument, type Command } from 'commander';

import { fail } from '@millrace/shared/core/errors';
import { setSchedulePause } from '@millrace/shared/runtime/pause';
import { listSchedules, readSchedule } from '@millrace/shared/runtime/schedules';
import { whoAsks } from '@millrace/shared/runtime/who-asks';

import { createCommand, type CommandContext } from '../command.ts';
import { reportSchedule } from '../core/schedule-report.ts';
import { readPipeline } from '../find-pipeline.ts';
import { openLocalBucket } from '../local-bucket.ts';
import { localConfig } from '../local-config.ts';
import { formatTime } from '../render/quantity.ts';
import { renderSchedules } from '../render/schedules.ts';
import type { Terminal } from '../terminal.ts';

const ACTIONS = ['list', 'pause', 'resume'] as const;
type Action = (typeof ACTIONS)[number];

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'schedule',
    'Shows when pipelines run by themselves, and pauses or resumes that. A schedule stands in pipeline.yml, and takes effect when it is deployed.',
    [
      'millrace schedule list',
      'millrace schedule pause storefront --reason "the shop is closed"',
      'millrace schedule resume storefront  # goes on with the next time; what was missed is not made up for',
    ],
  )
    .addArgument(new Argument('[action]', 'what to do').choices(ACTIONS).default('list'))
    .argument('[pipeline]', 'whose schedule: its name or folder; all for list')
    .option('--reason <text>', 'why it is paused, for those who ask')
    .action((action: Action, pipeline: string | undefined, options: { reason?: string }) => {
      if (action === 'list') return list(terminal, pipeline ?? null);
      if (pipeline === undefined) throw noPipeline(action);
      const paused = action === 'pause';
      return pauseOrResume(terminal, pipeline, { paused, reason: options.reason ?? null });
    });
}

async function list(terminal: Terminal, given: string | null): Promise<void> {
  const config = localConfig();
  const only = given === null ? null : (await readPipeline(given, config)).pipeline;
  const now = new Date().toISOString();
  // Asking must not make a bucket where there is none.
  const all = existsSync(config.bucket) ? await listSchedules(await openLocalBucket(config), now) : [];
  const schedules = all.filter(({ pipeline }) => only === null || pipeline === only).map(reportSchedule);
  if (terminal.json) terminal.printJson({ schedules });
  else if (schedules.length > 0) terminal.print(...renderSchedules(schedules, terminal));
  else
    terminal.print(
      only === null ? 'No deployed pipeline has a schedule.' : `${only} has no schedule, or is not deployed.`,
      `  write \`schedule: 0 6 * * *\` into pipeline.yml, and: ${terminal.own} deploy ${only ?? '<pipeline>'}`,
    );
}

async function pauseOrResume(
  terminal: Terminal,
  given: string,
  wish: { readonly paused: boolean; readonly reason: string | null },
): Promise<void> {
  const config = localConfig();
  const { pipeline } = await readPipeline(given, config);
  const bucket = await openLocalBucket(config);
  const now = () => new Date().toISOString();
  if ((await readSchedule(bucket, pipeline, now())) === null) throw noSchedule(pipeline);
  const { changed } = await setSchedulePause(bucket, pipeline, { ...wish, by: whoAsks() });
  const state = await readSchedule(bucket, pipeline, now());
  if (state === null) throw noSchedule(pipeline);
  const report = reportSchedule(state);
  if (terminal.json) {
    terminal.printJson({ ...report, changed });
    return;
  }
  const done = wish.paused ? 'paused' : 'resumed';
  terminal.print(
    changed
      ? `${done} the schedule of ${pipeline}`
      : `the schedule of ${pipeline} is ${wish.paused ? 'paused already' : 'not paused'}`,
    wish.paused
      ? `  runs can be asked for as ever; let it go on with: ${terminal.own} schedule resume ${pipeline}`
      : `  next run: ${report.next_at === null ? 'never' : `${formatTime(report.next_at)} UTC`}`,
  );
}

function noPipeline(action: Action): Error {
  return fail('usage', {
    message: `Which schedule is to be ${action}d?`,
    hint: `Give the name or folder of its pipeline: millrace schedule ${action} storefront.`,
  });
}

function noSchedule(pipeline: string): Error {
  return fail('usage', {
    message: `Pipeline '${pipeline}' has no schedule, or none that is deployed.`,
    hint: `Write \`schedule:\` into its pipeline.yml, then \`millrace deploy ${pipeline}\`.`,
  });
}
