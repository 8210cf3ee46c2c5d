import type { RunReport } from '../core/run-report.ts';
import { callable } from './error.ts';
import { escapeControls } from './escape.ts';
import { formatBytes, formatCount, formatDuration, formatTime } from './quantity.ts';
import { renderSummary } from './run-summary.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

/** All that is known of a run: its summary, when and by whom, its stages and tables, and what ended it. */
export function renderStatus(
  report: RunReport,
  options: { width: number; style: Style; own: string },
): string[] {
  const key = report.key === null ? '' : `, key '${escapeControls(report.key)}'`;
  return [
    ...renderSummary(report, options),
    '',
    `  requested ${formatTime(report.requested_at)} UTC by ${report.trigger}${key}`,
    '',
    ...indent(renderStages(report, options)),
    ...renderTables(report, options),
    ...renderFailure(report, options),
  ];
}

function renderStages({ stages }: RunReport, options: { width: number; style: Style }): string[] {
  return renderTable(
    [
      { header: 'stage' },
      { header: 'tasks', align: 'right' },
      { header: 'rows', align: 'right' },
      { header: 'batches', align: 'right' },
      { header: 'took', align: 'right' },
    ],
    stages.map((stage) => [
      stage.stage,
      stage.tasks_total === null ? '' : `${stage.tasks_done}/${stage.tasks_total}`,
      formatCount(stage.rows),
      formatCount(stage.batches),
      stage.duration_ms === null ? '' : formatDuration(stage.duration_ms),
    ]),
    options,
  );
}

function renderTables(report: RunReport, options: { width: number; style: Style }): string[] {
  const tables = [
    ...report.staged_tables.map((table) => ({ kind: 'staged', ...table })),
    ...report.models.map((table) => ({ kind: 'model', ...table })),
  ];
  if (tables.length === 0) return [];
  const lines = renderTable(
    [
      { header: 'table' },
      { header: 'kind' },
      { header: 'rows', align: 'right' },
      { header: 'batches', align: 'right' },
      { header: 'size', align: 'right' },
    ],
    tables.map(({ table, kind, rows, batches, size_bytes }) => [
      escapeControls(table),
      kind,
      formatCount(rows),
      formatCount(batches),
      formatBytes(size_bytes),
    ]),
    options,
  );
  return ['', ...indent(lines)];
}

function renderFailure({ error }: RunReport, { style, own }: { style: Style; own: string }): string[] {
  if (error === null) return [];
  const lines = [`${style('bad', `error[${error.code}]`)}: ${escapeControls(error.message)}`];
  const where = error.where ?? (error.task === null ? null : `task ${error.task}`);
  if (where !== null) lines.push(`  ${style('dim', 'where:')} ${escapeControls(where)}`);
  if (error.hint !== null)
    lines.push(`  ${style('dim', 'try:')} ${escapeControls(callable(error.hint, own))}`);
  return ['', ...lines];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
