import { existsSync } from 'node:fs';
import type { Command } from 'commander';

import type { Config } from '@millrace/shared/runtime/config';
import { createRunStore } from '@millrace/shared/runtime/run-store';
import { createWaiting } from '@millrace/shared/runtime/waiting';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { reportRun, type RunReport } from '@millrace/shared/core/report/run-report';
import { sum } from '@millrace/shared/core/report/run-view';
import { reportWait } from '@millrace/shared/core/report/wait-report';
import { openLocalBucket } from '../local-bucket.ts';
import { localConfig } from '../local-config.ts';
import { formatCount, formatDuration, formatTime } from '../render/quantity.ts';
import { renderTable } from '../render/table.ts';
import type { Terminal } from '../terminal.ts';

interface RunsOptions {
  readonly limit: number;
  readonly pipeline?: string;
}

export function define({ terminal }: CommandContext): Command {
  return createCommand('runs', 'Lists the latest runs, the newest first.', [
    'millrace runs',
    'millrace runs --limit 5 --json',
    'millrace runs --pipeline storefront',
  ])
    .option('--limit <n>', 'how many', parseCount, 20)
    .option('--pipeline <name>', 'only runs of this pipeline')
    .action((options: RunsOptions) => listRuns(terminal, options));
}

async function listRuns(terminal: Terminal, options: RunsOptions): Promise<void> {
  const reports = await readReports(localConfig(), options);
  if (terminal.json) terminal.printJson({ runs: reports.map(toJson) });
  else if (reports.length > 0) terminal.print(...render(reports, terminal));
  else if (options.pipeline !== undefined) terminal.print(`No runs of a pipeline '${options.pipeline}'.`);
  else
    terminal.print(
      `No runs yet. Try \`${terminal.own} demo\`, or \`${terminal.own} run <pipeline> --wait\`.`,
    );
}

async function readReports(config: Config, options: RunsOptions): Promise<RunReport[]> {
  // Asking must not make a bucket where there is none.
  if (!existsSync(config.bucket)) return [];
  const bucket = await openLocalBucket(config);
  const store = createRunStore(bucket);
  const waiting = createWaiting(bucket, store, config);
  const reports: RunReport[] = [];
  for (const run of await store.list()) {
    if (reports.length === options.limit) break;
    const request = await store.request(run);
    // A run that is being requested at this moment has its folder before its request.
    if (request === null || (options.pipeline ?? request.pipeline) !== request.pipeline) continue;
    const state = await store.load(run);
    reports.push(reportRun(state, reportWait(await waiting.ofRun(state))));
  }
  return reports;
}

function publishedRows(report: RunReport): number {
  return sum(report.destinations, ({ tables }) => sum(tables, ({ rows }) => rows));
}

function toJson(report: RunReport) {
  const { run, pipeline, status, waiting, trigger, key, replay_of, requested_at, duration_ms } = report;
  return {
    run,
    pipeline,
    status,
    waiting,
    trigger,
    key,
    replay_of,
    requested_at,
    duration_ms,
    rows_published: publishedRows(report),
    records_rejected: report.rejects.records,
    checks_failed: report.checks.failed,
    checks_warned: report.checks.warned,
    error_code: report.error?.code ?? null,
  };
}

function describeStatus({ status, waiting, error, replay_of }: RunReport): string {
  const why = error?.code ?? waiting?.reason;
  const ended = why === undefined ? status : `${status}: ${why}`;
  return replay_of === null ? ended : `${ended} (replay of ${replay_of})`;
}

/** The worst of them; nothing for a pipeline without checks. */
function describeChecks({ checks }: RunReport): string {
  if (checks.failed > 0) return `${formatCount(checks.failed)} failed`;
  if (checks.warned > 0) return `${formatCount(checks.warned)} warned`;
  return checks.passed > 0 ? `${formatCount(checks.passed)} passed` : '';
}

function render(reports: readonly RunReport[], terminal: Terminal): string[] {
  const rows = reports.map((report) => [
    report.run,
    report.pipeline,
    describeStatus(report),
    formatTime(report.requested_at),
    report.duration_ms === null ? '' : formatDuration(report.duration_ms),
    formatCount(publishedRows(report)),
    formatCount(report.rejects.records),
    describeChecks(report),
  ]);
  const columns = [
    { header: 'run', squeeze: 'whole' as const },
    { header: 'pipeline' },
    { header: 'status' },
    { header: 'requested (UTC)', squeeze: 'spare' as const },
    { header: 'took', align: 'right' as const, squeeze: 'whole' as const },
    { header: 'rows', align: 'right' as const, squeeze: 'whole' as const },
    { header: 'rejected', align: 'right' as const, squeeze: 'whole' as const },
    { header: 'checks', squeeze: 'spare' as const },
  ];
  return renderTable(columns, rows, terminal);
}
