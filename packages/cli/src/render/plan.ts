import { STAGES } from '@millrace/shared/core/task';
import { formatBytes } from '@millrace/shared/core/format-bytes';

import type { PlanReport } from '../plan-report.ts';
import { renderCursors } from './cursors.ts';
import { renderDriftSection } from './drift.ts';
import { escapeControls } from './escape.ts';
import { renderDestination, renderExpectedRejects } from './plan-outcome.ts';
import { formatPercent, plural } from './quantity.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';
import { pad } from './width.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
}

/** What is long must not push the rest off the screen. */
const FILES_SHOWN = 10;
const COLUMNS_SHOWN = 30;
const INDENT = '  ';

/** What a run would do: what it reads, which tables that gives, which models in which order, where it goes. */
export function renderPlan(plan: PlanReport, options: Options): string[] {
  const { style } = options;
  return [
    `${style('strong', plan.pipeline)}: what a run would do now; nothing is written`,
    ...plan.sources.flatMap((source) => renderSource(source, options)),
    ...plan.tables.flatMap((table) => renderColumns(table, options)),
    ...renderDriftSection(plan.drift, options),
    ...renderCursors(plan.cursors, options),
    ...renderModels(plan, options),
    ...plan.destinations.flatMap((destination) => renderDestination(destination, options)),
    '',
    `${style('strong', 'tasks')}        ${countTasks(plan)}`,
    ...describeLimits(plan).map(
      (line, index) => `${style('strong', pad(index === 0 ? 'rejects' : '', 7))}      ${line}`,
    ),
    ...renderExpectedRejects(plan.sources, options),
  ];
}

function renderSource(source: PlanReport['sources'][number], options: Options): string[] {
  const { style } = options;
  const shown = source.files.slice(0, FILES_SHOWN);
  const head = [source.type, plural(source.files.length, 'file'), formatBytes(source.size_bytes)].join(', ');
  const lines = shown.map(({ file, size_bytes, compression }) => {
    const packed = compression === 'none' ? '' : `, ${compression}`;
    return `  ${escapeControls(file)}  ${style('dim', formatBytes(size_bytes) + packed)}`;
  });
  const rest = source.files.length - shown.length;
  return [
    '',
    `${style('strong', `source ${source.source}`)}  ${head}, in ${plural(source.partitions, 'partition')}`,
    ...describeReuse(source).map((line) => INDENT + line),
    ...lines,
    ...(rest > 0 ? [`  and ${plural(rest, 'more file')}`] : []),
  ];
}

/** Nothing where all that there is to read is one file, named in the next line. */
function describeReuse(source: PlanReport['sources'][number]): string[] {
  if (source.files_reused === 0 && source.files_read === 1) return [];
  const read = `${plural(source.files_read, 'file')} to read (${formatBytes(source.bytes_read)})`;
  if (source.files_reused === 0) return [read];
  const reused = `${plural(source.files_reused, 'file')} (${formatBytes(source.bytes_reused)})`;
  return [`${read}, ${reused} unchanged and taken over from earlier runs`];
}

function renderColumns(table: PlanReport['tables'][number], options: Options): string[] {
  const { style } = options;
  const notes = [
    `from ${table.source}`,
    ...(table.key.length > 0 ? [`key ${table.key.join(', ')}`] : []),
    ...(table.inferred ? ['columns inferred'] : []),
  ];
  const shown = table.columns.slice(0, COLUMNS_SHOWN);
  const rows = shown.map(({ column, type, format, required, examples, note }) => [
    escapeControls(column),
    format === null || format === 'iso' ? type : `${type} ${format}`,
    required ? 'required' : '',
    note === null ? examples.join(', ') : escapeControls(note),
  ]);
  const columns = [{ header: '' }, { header: '', squeeze: 'whole' }, { header: '' }, { header: '' }] as const;
  const [, ...lines] = renderTable(columns, rows, { ...options, width: options.width - INDENT.length });
  const rest = table.columns.length - shown.length;
  return [
    '',
    `${style('strong', `table ${table.table}`)}  ${[...describeRows(table), ...notes].join('; ')}`,
    ...lines.map((line) => INDENT + line),
    ...(rest > 0 ? [`${INDENT}and ${plural(rest, 'more column')}: --json has them all`] : []),
  ];
}

function describeRows({
  estimated_rows,
  rows_are_exact,
  estimated_batches,
}: PlanReport['tables'][number]): string[] {
  if (estimated_rows === null || estimated_batches === null) return [];
  const about = rows_are_exact ? '' : 'about ';
  return [`${about}${plural(estimated_rows, 'row')} in ${about}${plural(estimated_batches, 'batch')}`];
}

function renderModels(plan: PlanReport, options: Options): string[] {
  const rows = plan.models.map(({ model, load, reads }) => [model, load ?? 'not loaded', reads.join(', ')]);
  const lines = renderTable([{ header: 'model' }, { header: 'load' }, { header: 'reads' }], rows, {
    ...options,
    width: options.width - INDENT.length,
  });
  return ['', options.style('strong', 'models, in order'), ...lines.map((line) => `  ${line}`)];
}

function countTasks({ tasks }: PlanReport): string {
  const counts = STAGES.map((stage) => `${(tasks as Record<string, number>)[stage] ?? 0} ${stage}`);
  return `${tasks.total} (${counts.join(', ')})`;
}

/** A line per limit; the defaults of all sources are one. */
function describeLimits({ rejects }: PlanReport): string[] {
  const own = rejects.sources.filter(({ by_default }) => !by_default);
  const byDefault = rejects.sources.find(({ by_default }) => by_default);
  const lines = [
    ...limitTexts(rejects, ''),
    ...own.flatMap((limit) => limitTexts(limit, ` of source '${limit.source}'`)),
    ...(byDefault === undefined
      ? []
      : limitTexts(
          byDefault,
          own.length === 0 ? ' of a source (the default)' : ' of any other source (the default)',
        )),
  ];
  return lines.length === 0 ? ['no limit: however many there are, the rest is published'] : lines;
}

function limitTexts({ max_rows, max_ratio }: Limit, of: string): string[] {
  const limits = [
    ...(max_rows === null ? [] : [plural(max_rows, 'record')]),
    ...(max_ratio === null ? [] : [`${formatPercent(max_ratio)} of the records`]),
  ];
  return limits.length === 0 ? [] : [`the run fails with more than ${limits.join(' or ')}${of}`];
}

type Limit = Pick<PlanReport['rejects'], 'max_rows' | 'max_ratio'>;
