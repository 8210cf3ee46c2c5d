import type { TracedRows } from '@millrace/shared/adapters/trace-rows';
import { MAX_NUMBER_RUNS } from '@millrace/shared/core/manifest';
import type { RecordRange } from '@millrace/shared/core/row-origin';
import type { StagedInput } from '@millrace/shared/core/trace';

import type { Trace } from '../trace/trace.ts';
import { describeOrigin } from './checks.ts';
import { escapeControls } from './escape.ts';
import { formatCount, plural } from './quantity.ts';
import { renderQueryResult } from './query-result.ts';
import type { Style } from './style.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
  /** How the CLI is called. */
  readonly own: string;
}

/** More files are counted only. */
const SHOWN_FILES = 20;
const SHOWN_RUNS = 5;

/** From the rows back to the files, each step under the one before. */
export function renderTrace(trace: Trace, options: Options): string[] {
  const { run, table, lineage, found } = trace;
  const { style } = options;
  const condition = trace.where === null ? '' : ` where ${trace.where}`;
  return [
    `${style('strong', table.name)}: ${plural(found.count, 'row')}${escapeControls(condition)}`,
    ...renderRows(found, options),
    '',
    `${style('accent', 'run')} ${run.plan.run} of ${run.plan.pipeline} (${run.status})`,
    ...renderOtherRuns(trace, options),
    ...(lineage.model === null
      ? []
      : [`${style('accent', 'model')} ${lineage.model.file}, which reads ${lineage.model.reads.join(', ')}`]),
    ...lineage.inputs.flatMap((input) => renderInput(input, options)),
    ...trace.also.flatMap((rows) => [
      '',
      `${style('strong', rows.table)}: the same holds for ${plural(rows.count, 'row')} of it`,
      ...renderRows(rows, options),
    ]),
  ];
}

/** Each with its record, or with its place in the bucket where it is a row of a model. */
function renderRows({ rows, columns, count }: TracedRows, { width, style }: Options): string[] {
  if (rows.length === 0) return [];
  const hasRecord = rows.some(({ origin }) => origin !== null);
  const head = { name: hasRecord ? 'record' : 'batch and row in it', type: null };
  const lines = renderQueryResult(
    {
      columns: [head, ...columns],
      rows: rows.map(({ values, batch, batchRow, origin }) => [
        hasRecord ? describeOrigin(origin) : `${batch.split('/').slice(-2).join('/')} ${batchRow + 1}`,
        ...values,
      ]),
    },
    { width: width - 2, style },
  );
  const more = count > rows.length ? [`  the first ${formatCount(rows.length)}; --limit shows more`] : [];
  return [...lines.map((line) => `  ${line}`), ...more];
}

function renderOtherRuns({ runs, run }: Trace, { own }: Options): string[] {
  const others = runs.filter((other) => other.run !== run.plan.run);
  if (others.length === 0) return [];
  const shown = others.slice(0, SHOWN_RUNS).map((other) => `${other.run} (${plural(other.rows, 'row')})`);
  const more = others.length > SHOWN_RUNS ? `, and ${formatCount(others.length - SHOWN_RUNS)} more` : '';
  return [
    `  such rows came with other runs too: ${shown.join(', ')}${more}; look with: ${own} trace … --run <id>`,
  ];
}

function renderInput(input: StagedInput, { style }: Options): string[] {
  const { table, source, rows, batches, tasks, records, takenOverFrom } = input;
  const taken = takenOverFrom.length === 0 ? '' : `, taken over from ${takenOverFrom.join(', ')}`;
  const shown = records.slice(0, SHOWN_FILES);
  return [
    `${style('accent', 'staged')} ${table}: ${plural(rows, 'row')} in ${plural(batches, 'batch')} of ${plural(tasks, 'task')}, from source ${source}${taken}`,
    ...shown.map((range) => `  ${escapeControls(describeRange(range))}`),
    ...(records.length > shown.length
      ? [`  and ${formatCount(records.length - shown.length)} more parts of files`]
      : []),
  ];
}

function describeRange({ file, first, last, records, hasManyGaps }: RecordRange): string {
  if (hasManyGaps) {
    const why = `their rowids have more than ${formatCount(MAX_NUMBER_RUNS)} gaps`;
    return `${file}: ${plural(records, 'record')}; which of them a row came from was not kept, because ${why}`;
  }
  if (first === null || last === null) return `${file}: ${plural(records, 'record')}`;
  return `${file}: records ${formatCount(first)} to ${formatCount(last)}`;
}
