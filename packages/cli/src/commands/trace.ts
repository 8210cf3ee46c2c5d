import type { Command } from 'commander';

import type { EngineSettings } from '@millrace/shared/adapters/duckdb';
import type { TracedRows, TraceOptions } from '@millrace/shared/adapters/trace-rows';
import { isMillraceError } from '@millrace/shared/core/errors';
import { runTables } from '@millrace/shared/core/run-tables';
import { lineageOf, type Lineage } from '@millrace/shared/core/trace';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';

import { createCommand, parseCount, type CommandContext } from '../command.ts';
import { localConfig } from '../local-config.ts';
import { renderTrace } from '../render/trace.ts';
import type { Terminal } from '../terminal.ts';
import { findTracedRun, type FoundTable } from '../trace/find-traced-run.ts';
import type { Trace } from '../trace/trace.ts';

interface TraceCommandOptions {
  readonly where?: string;
  readonly run?: string;
  readonly limit: number;
}

export function define({ terminal }: CommandContext): Command {
  return createCommand(
    'trace',
    'Goes from rows back to their run, model, input batches, source files and records.',
    [
      `millrace trace daily_revenue --where "day = DATE '2026-11-21'"`,
      'millrace trace orders --where "order_id = 17"          # a staged table: to the very record',
      `millrace trace orders --where "total < 0" --run 20261122T060000-1a2b3c4d`,
    ],
  )
    .argument('<table>', 'a published table, a model or a staged table')
    .option('--where <condition>', 'the rows meant, in SQL (default: all)')
    .option('--run <id>', 'in this run, published or not (default: the newest that published such rows)')
    .option('--limit <n>', 'how many rows to show', parseCount, 5)
    .action((table: string, options: TraceCommandOptions) => showTrace(terminal, table, options));
}

async function showTrace(terminal: Terminal, name: string, options: TraceCommandOptions): Promise<void> {
  const config = localConfig();
  const where = options.where ?? null;
  const { bucket, ...found } = await findTracedRun(config, name, { where, run: options.run ?? null });
  const { run, table } = found;
  const { traceRows } = await import('@millrace/shared/adapters/trace-rows');
  const read = { where, limit: options.limit, engine: engineSettings(config) };
  const lineage = lineageOf(run.plan, run.manifests, table.name);
  const trace: Trace = {
    ...found,
    where,
    lineage,
    found: await traceRows(bucket, run, table, read),
    also: table.kind === 'staged' || where === null ? [] : await traceInputs(bucket, found, lineage, read),
  };
  if (terminal.json) terminal.printJson(toJson(trace));
  else terminal.print(...renderTrace(trace, terminal));
}

function engineSettings({ memoryLimitBytes, threads }: Config): EngineSettings {
  return { memoryLimitBytes, threads, spillDir: null };
}

/** Staged rows for which the same condition holds: most often those that a row of the model was made of. */
async function traceInputs(
  bucket: Bucket,
  { run }: Pick<FoundTable, 'run'>,
  { inputs }: Lineage,
  read: TraceOptions,
): Promise<TracedRows[]> {
  const { traceRows } = await import('@millrace/shared/adapters/trace-rows');
  const tables = runTables(run.plan, run.manifests).filter(({ name }) =>
    inputs.some((input) => input.table === name),
  );
  const found: TracedRows[] = [];
  for (const table of tables) {
    const rows = await unlessForeign(() => traceRows(bucket, run, table, read));
    if (rows !== null && rows.count > 0) found.push(rows);
  }
  return found;
}

/** A condition on columns that only the model has says nothing of its inputs. */
async function unlessForeign<T>(trace: () => Promise<T>): Promise<T | null> {
  try {
    return await trace();
  } catch (error) {
    if (isMillraceError(error) && error.code === 'query_failed') return null;
    throw error;
  }
}

function toJson({ run, table, where, runs, lineage, found, also }: Trace) {
  return {
    table: table.name,
    kind: table.kind,
    where,
    run: run.plan.run,
    pipeline: run.plan.pipeline,
    status: run.status,
    runs_with_such_rows: runs,
    model: lineage.model,
    inputs: lineage.inputs.map(({ takenOverFrom, records, ...input }) => ({
      ...input,
      records: records.map(({ hasManyGaps, ...range }) => ({ ...range, has_many_gaps: hasManyGaps })),
      taken_over_from: takenOverFrom,
    })),
    rows_found: found.count,
    rows: rowsToJson(found),
    input_rows: also.map((rows) => ({ table: rows.table, rows_found: rows.count, rows: rowsToJson(rows) })),
  };
}

function rowsToJson({ columns, rows }: TracedRows) {
  return rows.map(({ values, batch, batchRow, origin }) => ({
    row: Object.fromEntries(columns.map(({ name }, index) => [name, values[index]])),
    batch,
    batch_row: batchRow,
    file: origin?.file ?? null,
    record_number: origin?.recordNumber ?? null,
  }));
}
