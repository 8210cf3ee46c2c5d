import type { RunReport } from '@millrace/shared/core/report/run-report';
import { formatBytes } from '@millrace/shared/core/format-bytes';
import { balanceMark, renderFileBalances, renderVerdict, tableHops } from './balance.ts';
import { renderErrorReport } from './error.ts';
import { escapeControls } from './escape.ts';
import { formatCount, formatDuration, formatTime } from './quantity.ts';
import { renderSummary } from './run-summary.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

interface Options {
  readonly width: number;
  readonly style: Style;
  /** How the CLI is called. */
  readonly own: string;
}

/** All that is known of a run: its summary, when and by whom, its stages, files and tables, and what ended it. */
export function renderStatus(report: RunReport, options: Options): string[] {
  const round = report.round === 1 ? '' : `, round ${report.round}`;
  const key = report.key === null ? '' : `, key '${escapeControls(report.key)}'`;
  return [
    ...renderSummary(report, options),
    '',
    `  requested ${formatTime(report.requested_at)} UTC by ${report.trigger}${key}${round}${describeReplay(report)}`,
    ...renderCancellation(report),
    ...renderPruned(report),
    '',
    ...indent(renderStages(report, options)),
    ...renderFiles(report, options),
    ...renderTables(report, options),
    ...renderBalance(report, options),
    ...renderFailure(report, options),
  ];
}

function renderCancellation({ cancelled_at, cancelled_by }: RunReport): string[] {
  if (cancelled_at === null) return [];
  return [`  cancelled ${formatTime(cancelled_at)} UTC by ${escapeControls(cancelled_by ?? '')}`];
}

function describeReplay({ replay_of, replay_sequence }: RunReport): string {
  return replay_of === null ? '' : `, replay ${replay_sequence ?? ''} of ${replay_of}`;
}

function renderPruned({ pruned_at, pruned_by, status }: RunReport): string[] {
  if (pruned_at === null) return [];
  const stays =
    status === 'published' ? 'published rows, plan, manifests and rejects stay' : 'plan and manifests stay';
  return [`  data pruned ${formatTime(pruned_at)} UTC (${escapeControls(pruned_by ?? '')}): ${stays}`];
}

function renderStages({ stages }: RunReport, options: Options): string[] {
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

function renderTables({ staged_tables, models, balance }: RunReport, options: Options): string[] {
  const sizes = new Map([...staged_tables, ...models].map((table) => [table.table, table]));
  const rows = balance.tables.flatMap((table) => {
    const size = sizes.get(table.table);
    if (size === undefined) return [];
    const { read, loaded } = tableHops(table);
    return [
      [
        escapeControls(table.table),
        table.kind,
        formatCount(size.batches),
        formatBytes(size.size_bytes),
        table.made === table.stored
          ? formatCount(table.made)
          : `${formatCount(table.made)} / ${formatCount(table.stored)}`,
        read,
        loaded,
        balanceMark(table.balances),
      ],
    ];
  });
  if (rows.length === 0) return [];
  const columns = [
    { header: 'table' },
    { header: 'kind' },
    { header: 'batches', align: 'right' as const, squeeze: 'spare' as const },
    { header: 'size', align: 'right' as const, squeeze: 'spare' as const },
    ...['rows', 'read', 'loaded'].map((header) => ({ header, ...COUNTS })),
    { header: 'balances', squeeze: 'whole' as const },
  ];
  return ['', ...indent(renderTable(columns, rows, options))];
}

const COUNTS = { align: 'right', squeeze: 'whole' } as const;

function renderFiles(report: RunReport, options: Options): string[] {
  const lines = renderFileBalances(report.balance, options);
  return lines.length === 0 ? [] : ['', ...indent(lines)];
}

function renderBalance({ balance }: RunReport, options: Options): string[] {
  const lines = renderVerdict(balance, options);
  return lines.length === 0 ? [] : ['', ...indent(lines)];
}

function renderFailure({ error }: RunReport, options: Options): string[] {
  if (error === null) return [];
  const where = error.where ?? (error.task === null ? null : `task ${error.task}`);
  return ['', ...renderErrorReport({ ...error, where }, options)];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
