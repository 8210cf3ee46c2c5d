import type { Command } from 'commander';

import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { countChecks, reportChecks, type CheckReport } from '@millrace/shared/core/report/check-report';
import type { FailingRow } from '@millrace/shared/core/run-checks';
import { readFailures } from '@millrace/shared/runtime/read-failures';
import { requireKnown } from '@millrace/shared/runtime/read-rejects';
import type { RunState, RunStore } from '@millrace/shared/runtime/run-store';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { findRun } from '../find-run.ts';
import { localConfig } from '../local-config.ts';
import { renderChecks, renderFailingRows } from '../render/checks.ts';
import type { Terminal } from '../terminal.ts';

interface ChecksOptions {
  readonly check?: string;
  readonly limit: number;
}

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'checks',
    'Shows what the checks of a run found, by default of the latest, and the bad rows of those that did not pass.',
    [
      'millrace checks                                 # of the latest run',
      'millrace checks 20261122T060000-1a2b3c4d --json',
      'millrace checks --check orders.unique.order_id --limit 100',
    ],
  )
    .argument('[run]', 'id of the run')
    .option('--check <id>', 'only this check')
    .option('--limit <n>', 'how many bad rows to show of each check', parseCount, 5)
    .action((run: string | undefined, options: ChecksOptions) => showChecks(terminal, run, options));
}

async function showChecks(
  terminal: Terminal,
  given: string | undefined,
  { check, limit }: ChecksOptions,
): Promise<void> {
  const config = localConfig();
  const { bucket, store, run: id } = await findRun(config, given);
  const run = await store.load(id);
  const all = reportChecks(run);
  requireKnown(
    'check',
    check,
    all.map((report) => report.check),
  );
  const checks = check === undefined ? all : all.filter((report) => report.check === check);
  const rows = new Map<string, FailingRow[]>();
  for (const report of checks) {
    if (report.failures > 0)
      rows.set(report.check, await readFailures(config, bucket, run, report.check, limit));
  }
  const leftOut = await findLeftOut(store, run);
  const head = { run: run.request.run, pipeline: run.request.pipeline, status: run.status };
  if (terminal.json) {
    const withRows = checks.map((report) => ({ ...report, failing_rows: rowsToJson(rows, report) }));
    terminal.printJson({ ...head, counts: countChecks(checks), not_asked: leftOut, checks: withRows });
    return;
  }
  terminal.print(...renderChecks({ ...head, leftOut }, checks, terminal));
  for (const report of checks)
    terminal.print(...renderFailingRows(report, rows.get(report.check) ?? [], terminal));
}

/** Checks of the pipeline that a replay was not asked, in their order; none for a run of its own. */
async function findLeftOut(store: RunStore, { request, plan }: RunState): Promise<string[]> {
  if (request.replay === null || plan === null) return [];
  const { checks } = compilePipeline(await store.bundle(request.pipeline, request.bundle));
  const asked = new Set(plan.checks.map(({ id }) => id));
  return checks.filter(({ id, isOptional }) => !isOptional && !asked.has(id)).map(({ id }) => id);
}

function rowsToJson(rows: ReadonlyMap<string, readonly FailingRow[]>, { check }: CheckReport) {
  return (rows.get(check) ?? []).map(({ row, origin }) => ({
    file: origin?.file ?? null,
    record_number: origin?.recordNumber ?? null,
    row: JSON.parse(row) as unknown,
  }));
}
