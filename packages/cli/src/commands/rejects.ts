import { isUtf8 } from 'node:buffer';
import path from 'node:path';
import type { Command } from 'commander';

import { fail } from '@millrace/shared/core/errors';
import type { Reject } from '@millrace/shared/core/reject';
import type { RunState } from '@millrace/shared/runtime/run-store';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { findRun } from '../find-run.ts';
import { withEngine } from '@millrace/shared/runtime/with-engine';
import { localConfig } from '../local-config.ts';
import { sampleRejects, selectRejects, type RejectSet } from '@millrace/shared/runtime/read-rejects';
import { formatTime, plural } from '../render/quantity.ts';
import { renderReasons, renderRejects } from '../render/rejects.ts';
import type { Terminal } from '../terminal.ts';

interface RejectsOptions {
  readonly reason?: string;
  readonly source?: string;
  readonly limit: number;
  readonly export?: string;
  readonly formulaGuard: boolean;
}

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'rejects',
    'Shows the records that a run refused: how many for which reason, and some of each.',
    [
      'millrace rejects                                # of the latest run',
      'millrace rejects 20261122T060000-1a2b3c4d --reason type_mismatch --limit 50',
      'millrace rejects --export rejects.ndjson        # all of them; also .csv and .parquet',
    ],
  )
    .argument('[run]', 'id of the run')
    .option('--reason <code>', 'only records refused for this reason')
    .option('--source <name>', 'only records of this source')
    .option('--limit <n>', 'how many records to show', parseCount, 10)
    .option('--export <file>', 'write all of them into a file: .ndjson, .csv or .parquet')
    .option('--no-formula-guard', 'CSV: write cells that a spreadsheet would run as a formula as they are')
    .action((run: string | undefined, options: RejectsOptions) => showRejects(terminal, run, options));
}

async function showRejects(
  terminal: Terminal,
  given: string | undefined,
  options: RejectsOptions,
): Promise<void> {
  const config = localConfig();
  const { bucket, store, run: id } = await findRun(config, given);
  const run = await store.load(id);
  const rejects = selectRejects(run, options.source, options.reason);
  const isPruned = run.pruned.length > 0 && run.status !== 'published';
  const head = { run: run.request.run, pipeline: run.request.pipeline };
  if (options.export !== undefined) {
    const file = path.resolve(options.export);
    if (isPruned) throw rejectsPruned(run);
    if (rejects.records > 0)
      await withEngine(config, async (engine) => {
        const { exportRejects } = await import('../export-rejects.ts');
        await exportRejects(engine, bucket, rejects, file, options);
      });
    sayExported(terminal, head, rejects, rejects.records > 0 ? file : null);
    return;
  }
  const samples =
    rejects.records === 0 || isPruned
      ? []
      : await withEngine(config, (engine) => sampleRejects(engine, bucket, rejects, options.limit));
  if (terminal.json) {
    terminal.printJson({ ...head, ...countsToJson(rejects), samples: samples.map(toJson) });
    return;
  }
  terminal.print(`${plural(rejects.records, 'record')} rejected by ${head.run} of ${head.pipeline}`);
  if (rejects.records === 0) return;
  terminal.print('', ...renderReasons(rejects.byReason, terminal), ...renderRejects(samples, terminal));
  if (isPruned) {
    terminal.print('', rejectsPruned(run).message);
    return;
  }
  if (samples.length < rejects.records) {
    terminal.print(
      '',
      `${samples.length} of ${rejects.records} are shown; --limit shows more, --export writes all.`,
    );
  }
  if (run.status === 'published')
    terminal.print('', `When the pipeline or the data is mended: ${terminal.own} replay ${head.run}`);
}

/** Rejects of published runs stay; of runs that were not, they are data like any other. */
function rejectsPruned({ request, status, pruned }: RunState): Error {
  return fail('data_pruned', {
    message: `Run ${request.run} ${status === 'failed' ? 'has failed' : 'was cancelled'}, and its rejected records were pruned at ${formatTime(pruned[0]?.prunedAt ?? '')} UTC.`,
    where: `run ${request.run}`,
    hint: `Run the pipeline again: \`millrace run ${request.pipeline}\`.`,
  });
}

function sayExported(
  terminal: Terminal,
  head: { run: string; pipeline: string },
  rejects: RejectSet,
  file: string | null,
): void {
  if (terminal.json) terminal.printJson({ ...head, ...countsToJson(rejects), exported_to: file });
  else if (file === null) terminal.print('There is nothing to export.');
  else terminal.print(`Wrote ${plural(rejects.records, 'rejected record')} to ${file}.`);
}

function countsToJson(rejects: RejectSet) {
  return { records_rejected: rejects.records, by_reason: Object.fromEntries(rejects.byReason) };
}

function toJson(reject: Reject) {
  const { source, table, file, line, reason, message, faults, sha256, raw } = reject;
  return {
    source,
    table,
    file,
    line,
    record_number: reject.recordNumber,
    byte_offset: reject.byteOffset,
    byte_length: reject.byteLength,
    reason,
    message,
    faults,
    raw: new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw),
    // The text is exact for UTF-8; of other bytes it has replacement characters, so they are given themselves.
    raw_base64: isUtf8(raw) ? null : Buffer.from(raw).toString('base64'),
    sha256,
  };
}
