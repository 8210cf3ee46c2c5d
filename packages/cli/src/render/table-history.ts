import type { ColumnMeasures, TableHistory, TableRun } from '../core/table-history.ts';
import { renderContractHistory } from './contract-history.ts';
import { escapeControls } from './escape.ts';
import { formatCount, formatPercent, formatTime, plural } from './quantity.ts';
import { sparkline } from './sparkline.ts';
import type { Style, Tone } from './style.ts';
import { renderTable } from './table.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
}

const TONES: Record<TableRun['status'], Tone> = { published: 'good', failed: 'bad', cancelled: 'warn' };

/** Runs as rows with a bar for their size, then each column's measures over time, the oldest run at the left. */
export function renderHistory(history: TableHistory, options: Options): string[] {
  return [
    heading(history, options.style),
    '',
    ...renderRuns(history.runs, options),
    '',
    ...renderColumns(history.runs, options),
    ...renderContractHistory(history, options),
  ];
}

function heading({ table, pipeline, runs }: TableHistory, style: Style): string {
  return `${style('strong', escapeControls(table))} of ${escapeControls(pipeline)}, ${plural(runs.length, 'run')}`;
}

const BAR_WIDTH = 24;

function renderRuns(runs: readonly TableRun[], options: Options): string[] {
  const most = Math.max(...runs.map(({ rows }) => rows ?? 0), 1);
  const cells = runs.map((run, index) => {
    const before = runs.slice(index + 1).find(({ status, rows }) => status === 'published' && rows !== null);
    return [
      run.run,
      formatTime(run.requested_at),
      run.status,
      countText(run.rows),
      describeChange(run.rows, before?.rows ?? null),
      '█'.repeat(Math.ceil(((run.rows ?? 0) / most) * BAR_WIDTH)),
      formatCount(run.records_rejected),
      describeChecks(run),
    ];
  });
  const columns = [
    { header: 'run', squeeze: 'whole' as const },
    { header: 'requested (UTC)', squeeze: 'spare' as const },
    { header: 'status', squeeze: 'whole' as const },
    { header: 'rows', align: 'right' as const, squeeze: 'whole' as const },
    { header: 'change', align: 'right' as const, squeeze: 'whole' as const },
    { header: '', squeeze: 'spare' as const },
    { header: 'rejected', align: 'right' as const, squeeze: 'whole' as const },
    { header: 'checks' },
  ];
  const [header = '', ...lines] = renderTable(columns, cells, options);
  return [header, ...lines.map((line, index) => toned(line, runs[index]?.status, options.style))];
}

/** A table is aligned without colours; the word is coloured afterwards, behind the run, which has none like it. */
function toned(line: string, status: TableRun['status'] | undefined, style: Style): string {
  return status === undefined ? line : line.replace(status, style(TONES[status], status));
}

/** To the published run before. */
function describeChange(rows: number | null, before: number | null): string {
  if (rows === null || before === null || before === 0 || rows === before) return '';
  return `${rows > before ? '+' : '-'}${formatPercent(Math.abs(rows - before) / before)}`;
}

function describeChecks({ checks, rows, drift }: TableRun): string {
  if (rows === null) return drift.some(({ mode }) => mode === 'freeze') ? 'contract broken' : '';
  const { error, warn, pass, no_baseline: unjudged } = checks;
  return [
    ...(error > 0 ? [`${error} failed`] : []),
    ...(warn > 0 ? [plural(warn, 'warning')] : []),
    ...(pass > 0 ? [`${pass} passed`] : []),
    ...(unjudged > 0 ? [`${unjudged} without baseline`] : []),
  ].join(', ');
}

function renderColumns(runs: readonly TableRun[], options: Options): string[] {
  const oldestFirst = runs.toReversed();
  const names = [...new Set(runs.flatMap(({ columns }) => columns.map(({ name }) => name)))];
  if (names.length === 0) return ['These runs have measured no columns.'];
  const rows = names.map((name) => {
    const measures = oldestFirst.map(({ columns }) => columns.find((column) => column.name === name) ?? null);
    const latest = measures.findLast((one) => one !== null);
    const drawn = (measure: (column: ColumnMeasures) => number | null, floor?: number) =>
      sparkline(
        measures.map((one) => (one === null ? null : measure(one))),
        floor,
      );
    const hasMean = measures.some((one) => one !== null && one.mean !== null);
    return [
      escapeControls(name),
      drawn(({ null_share }) => null_share, 0),
      share(latest?.null_share ?? null),
      drawn(({ distinct_approx }) => distinct_approx, 0),
      formatCount(latest?.distinct_approx ?? 0),
      hasMean ? drawn(({ mean }) => mean) : '',
      latest === undefined ? '' : meanText(latest.type, latest.mean),
    ];
  });
  const columns = [
    { header: 'column' },
    { header: 'nulls', squeeze: 'whole' as const },
    { header: '', align: 'right' as const, squeeze: 'whole' as const },
    { header: 'distinct (approx.)', squeeze: 'spare' as const },
    { header: '', align: 'right' as const, squeeze: 'spare' as const },
    { header: 'mean', squeeze: 'whole' as const },
    { header: '', align: 'right' as const, squeeze: 'whole' as const },
  ];
  return renderTable(columns, rows, options);
}

/** One column's measures run by run. */
export function renderColumnHistory(history: TableHistory, name: string, options: Options): string[] {
  const rows = history.runs.map((run) => {
    const column = run.columns.find((one) => one.name === name);
    if (column === undefined) return [run.run, run.status, countText(run.rows), '', '', '', '', ''];
    return [
      run.run,
      run.status,
      countText(run.rows),
      share(column.null_share),
      formatCount(column.distinct_approx),
      escapeControls(column.min ?? ''),
      escapeControls(column.max ?? ''),
      meanText(column.type, column.mean),
    ];
  });
  const right = { align: 'right', squeeze: 'whole' } as const;
  const columns = [
    { header: 'run', squeeze: 'whole' as const },
    { header: 'status', squeeze: 'spare' as const },
    { header: 'rows', ...right },
    { header: 'nulls', ...right },
    { header: 'distinct', ...right },
    { header: 'least' },
    { header: 'greatest' },
    { header: 'mean', ...right },
  ];
  const type = history.runs.flatMap((run) => run.columns).find((column) => column.name === name)?.type;
  return [
    `${heading(history, options.style)}: ${escapeControls(name)}${type === undefined ? '' : ` ${type}`}`,
    '',
    ...renderTable(columns, rows, options),
  ];
}

/** Nothing was measured of a run that ended before. */
function countText(value: number | null): string {
  return value === null ? '–' : formatCount(value);
}

function share(value: number | null): string {
  return value === null ? '' : formatPercent(value);
}

const INSTANT = /^(DATE|TIMESTAMP)/;

/** Of times as a time, of booleans the share that is true. */
export function meanText(type: string, mean: number | null): string {
  if (mean === null) return '';
  const milliseconds = mean * 1000;
  if (INSTANT.test(type) && Math.abs(milliseconds) < 8.64e15) {
    return formatTime(new Date(milliseconds).toISOString());
  }
  return type === 'BOOLEAN' ? formatPercent(mean) : measureText(mean);
}

/** With the digits that people compare. */
function measureText(value: number): string {
  return Math.abs(value) >= 1000 ? formatCount(Math.round(value)) : String(Number(value.toPrecision(4)));
}
