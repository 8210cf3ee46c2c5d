import type { RunReport } from '@millrace/shared/core/report/run-report';
import { renderDriftSection } from './drift.ts';
import { escapeControls } from './escape.ts';
import { formatCount, formatDuration, formatPercent, plural } from './quantity.ts';
import type { Style, Tone } from './style.ts';
import { renderTable } from './table.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
  /** How the CLI is called. */
  readonly own: string;
}

const TONES: Partial<Record<RunReport['status'], Tone>> = {
  published: 'good',
  failed: 'bad',
  cancelled: 'warn',
};

/** How a run ended, for people: the outcome, tables with rows, rejects with the command that shows them. */
export function renderSummary(report: RunReport, options: Options): string[] {
  const { style } = options;
  const took = report.duration_ms === null ? '' : ` in ${formatDuration(report.duration_ms)}`;
  return [
    `${style(TONES[report.status] ?? 'accent', report.status)} ${report.pipeline} ${report.run}${took}`,
    ...(report.waiting === null
      ? []
      : [`  ${style('warn', 'waits:')} ${escapeControls(report.waiting.message)}`]),
    ...renderRecords(report),
    ...renderReuse(report),
    ...renderDestinations(report, options),
    ...renderRejects(report, options),
    ...renderChecks(report, options),
    ...renderWarnings(report, options),
    ...renderDriftSection(report.drift, options).map((line) => (line === '' ? line : `  ${line}`)),
  ];
}

function renderRecords({ records }: RunReport): string[] {
  if (records.seen === 0) return [];
  const blank = records.blank_lines === 0 ? '' : `, and ${plural(records.blank_lines, 'blank line')}`;
  return [
    `  ${plural(records.seen, 'record')} seen = ${formatCount(records.accepted)} accepted` +
      ` + ${formatCount(records.rejected)} rejected${blank}`,
  ];
}

function renderReuse({ reused, stages }: RunReport): string[] {
  if (reused.partitions === 0) return [];
  const total = stages.find(({ stage }) => stage === 'extract')?.tasks_total ?? reused.partitions;
  return [
    `  ${plural(reused.records, 'record')} of them unchanged, taken over from earlier runs:` +
      ` ${formatCount(reused.partitions)} of ${plural(total, 'partition')}`,
  ];
}

function renderDestinations(report: RunReport, options: Options): string[] {
  const published = report.destinations.filter(({ tables }) => tables.length > 0);
  return published.flatMap(({ type, path, tables }) => [
    '',
    ...renderTable(
      [{ header: 'table' }, { header: 'rows of this run', align: 'right' }],
      tables.map(({ table, rows }) => [table, formatCount(rows)]),
      options,
    ).map((line) => `  ${line}`),
    `  in ${escapeControls(path)} (${type})`,
  ]);
}

function renderChecks({ checks, run }: RunReport, { style, own }: Options): string[] {
  if (checks.total === 0) return [];
  const parts = [
    ...(checks.failed === 0 ? [] : [style('bad', `${formatCount(checks.failed)} failed`)]),
    ...(checks.warned === 0 ? [] : [style('warn', `${formatCount(checks.warned)} warned`)]),
    ...(checks.no_baseline === 0 ? [] : [`${formatCount(checks.no_baseline)} without a baseline yet`]),
    ...(checks.waiting === 0 ? [] : [`${formatCount(checks.waiting)} not evaluated`]),
    `${formatCount(checks.passed)} passed`,
  ];
  const isWorthALook = checks.failed + checks.warned > 0;
  return [
    '',
    `  ${plural(checks.total, 'check')}: ${parts.join(', ')}`,
    ...(isWorthALook ? [`  see them with: ${own} checks ${run}`] : []),
  ];
}

/** All but the rejects, which have lines of their own. */
function renderWarnings({ warnings }: RunReport, { style }: Options): string[] {
  return warnings
    .filter(({ code }) => code !== 'records_rejected')
    .map(({ message }) => `  ${style('warn', 'warning:')} ${escapeControls(message)}`);
}

function renderRejects(report: RunReport, options: Options): string[] {
  const { rejects, records, run } = report;
  if (rejects.records === 0) return [];
  const share = records.seen === 0 ? '' : ` (${formatPercent(rejects.records / records.seen)})`;
  const [, ...reasons] = renderTable(
    [{ header: '' }, { header: '', align: 'right' }],
    Object.entries(rejects.by_reason).map(([reason, count]) => [reason, formatCount(count)]),
    options,
  );
  return [
    '',
    `  ${options.style('warn', 'warning:')} ${plural(rejects.records, 'record')} rejected${share}`,
    ...reasons.map((line) => `    ${line}`),
    `  see them with: ${options.own} rejects ${run}`,
    ...(report.status === 'published' ? [`  run them again, when mended: ${options.own} replay ${run}`] : []),
  ];
}
