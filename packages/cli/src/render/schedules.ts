import type { ScheduleReport } from '../core/schedule-report.ts';
import type { Terminal } from '../terminal.ts';
import { escapeControls } from './escape.ts';
import { formatTime } from './quantity.ts';
import { renderTable } from './table.ts';

const COLUMNS = [
  { header: 'pipeline', squeeze: 'whole' as const },
  { header: 'schedule' },
  { header: 'clock' },
  { header: 'state' },
  { header: 'next (UTC)', squeeze: 'whole' as const },
  { header: 'last run', squeeze: 'spare' as const },
];

export function renderSchedules(
  schedules: readonly ScheduleReport[],
  look: Pick<Terminal, 'width' | 'style'>,
): string[] {
  const rows = schedules.map((schedule) => [
    schedule.pipeline,
    schedule.cron,
    schedule.time_zone,
    escapeControls(describeState(schedule)),
    schedule.next_at === null ? '' : formatTime(schedule.next_at),
    schedule.run ?? '',
  ]);
  return renderTable(COLUMNS, rows, look);
}

function describeState({ status, due_at: dueAt, paused_by: by, reason }: ScheduleReport): string {
  switch (status) {
    case 'active':
      return 'active';
    case 'waiting':
      return `due since ${formatTime(dueAt ?? '')}`;
    case 'pipeline_paused':
      return 'pipeline paused';
    case 'paused':
      return `paused by ${by ?? ''}${reason === null ? '' : ` (${reason})`}`;
  }
}
