import { once } from 'node:events';
import type { Command } from 'commander';

import { createCommand, type CommandContext } from '../command.ts';
import { withInterrupt } from '../interrupt.ts';
import { localConfig } from '../local-config.ts';
import { startDetached } from '../stack/detached-stack.ts';
import { startStack, type Stack } from '../stack/stack.ts';
import { findStack, type StackRecord } from '../stack/stack-file.ts';
import { addWorkerOptions, workerCounts, type WorkerOptions } from '../stack/worker-options.ts';

interface UpOptions extends WorkerOptions {
  readonly detach?: boolean;
}

export function define(context: CommandContext): Command {
  const command = createCommand(
    'up',
    'Starts the whole stack on this machine: Redis (unless REDIS_URL names one), extractors, transformers, loaders, and the dashboard.',
    [
      'millrace up                  # until Ctrl-C',
      'millrace up --detach         # in the background; `millrace down` stops it',
      'millrace up --extractors 4',
    ],
  ).option('-d, --detach', 'return when it is ready, and leave it running in the background');
  return addWorkerOptions(command).action((options: UpOptions) =>
    options.detach === true ? upDetached(context, options) : upUntilInterrupted(context, options),
  );
}

async function upUntilInterrupted(
  { terminal, environment }: CommandContext,
  options: UpOptions,
): Promise<void> {
  const config = localConfig();
  await withInterrupt(async (signal) => {
    const stack = await startStack({
      config,
      variables: environment.variables,
      workers: workerCounts(options),
      lifetime: 'up',
      dashboard: true,
      log: (line) => terminal.remark(line),
    });
    try {
      const { redisUrl, dashboardUrl } = stack;
      const record = { pid: process.pid, redisUrl, dashboardUrl };
      if (terminal.json) terminal.printJson({ status: 'running', ...toJson(record, config.home) });
      else terminal.print(...renderUp(terminal.own, options, stack, config.home));
      if (!signal.aborted) await Promise.race([once(signal, 'abort'), stack.broken]);
      terminal.remark('Stopping: workers finish or hand back what they hold.');
    } finally {
      await stack.stop();
    }
    terminal.remark('Stopped.');
  });
}

function renderUp(own: string, options: UpOptions, { redis, dashboardUrl }: Stack, home: string): string[] {
  const { extractors, transformers, loaders } = options;
  return [
    `The stack is running: extractors ${extractors}, transformers ${transformers}, loaders ${loaders}.`,
    `  dashboard  ${dashboardUrl ?? 'not running; its log says why'}`,
    `  redis      ${redis}`,
    `  home       ${home}`,
    `  logs       ${home}/logs`,
    `Run a pipeline from another terminal: ${own} run <pipeline> --wait. Ctrl-C stops the stack.`,
  ];
}

async function upDetached({ terminal, environment }: CommandContext, options: UpOptions): Promise<void> {
  const config = localConfig();
  const running = await findStack(config.home);
  const record = running ?? (await startDetached(config, environment.variables, workerCounts(options)));
  const status = running === null ? 'started' : 'already_running';
  if (terminal.json) terminal.printJson({ status, ...toJson(record, config.home) });
  else {
    const words = running === null ? 'The stack is running in the background' : 'A stack is running already';
    const dashboard = record.dashboardUrl === null ? [] : [`  dashboard: ${record.dashboardUrl}`];
    terminal.print(`${words} (pid ${record.pid}).`, ...dashboard, `  stop it with: ${terminal.own} down`);
  }
}

function toJson(
  { pid, redisUrl, dashboardUrl }: Pick<StackRecord, 'pid' | 'redisUrl' | 'dashboardUrl'>,
  home: string,
) {
  return { pid, redis_url: redisUrl, dashboard_url: dashboardUrl, home };
}
