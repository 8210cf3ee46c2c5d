import type { RunProgress, StageProgress } from '@millrace/shared/core/report/run-progress';
import { escapeControls } from './escape.ts';
import { formatClock, formatCount, plural } from './quantity.ts';
import type { Style } from './style.ts';
import { displayWidth, pad, truncate } from './width.ts';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const GAP = '  ';

/** A bar of `width` columns, filled to a fraction between 0 and 1. */
export function renderBar(fraction: number, width: number, style: Style): string {
  const eighths = Math.floor(Math.min(1, Math.max(0, fraction)) * width * 8);
  const filled = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return style(fraction >= 1 ? 'good' : 'accent', filled) + style('dim', '·'.repeat(width - filled.length));
}

/** The lines of the live display: a heading, and one line per stage. None is wider than `width`. */
export function renderProgress(progress: RunProgress, options: { width: number; style: Style }): string[] {
  const { style, width } = options;
  const heading = [progress.pipeline, progress.run, progress.status, formatClock(progress.elapsedMs)];
  const barWidth = width >= 100 ? 24 : width >= 70 ? 14 : 8;
  const cells = fitCells(
    progress.stages.map(stageCells),
    width - 1 - 'transform'.length - barWidth - GAP.length * 2,
  );
  const stages = progress.stages.map((stage, index) =>
    [
      ` ${pad(stage.stage, 'transform'.length)}`,
      renderBar(stage.fraction, barWidth, style),
      ...(cells[index] ?? []),
    ]
      .join(GAP)
      .trimEnd(),
  );
  const waits =
    progress.waiting === null
      ? []
      : [style('warn', truncate(` waits: ${escapeControls(progress.waiting.message)}`, width))];
  return [style('strong', truncate(` ${heading.join(GAP)}`, width)), ...waits, ...stages];
}

/** In the order of importance: what does not fit is left out from the end. */
function stageCells(stage: StageProgress): string[] {
  if (stage.tasksTotal === null) return [''];
  return [
    // The space keeps the numbers of stages with one task and with many in one column.
    `${formatCount(stage.tasksDone)}/${formatCount(stage.tasksTotal)} ${stage.tasksTotal === 1 ? 'task ' : 'tasks'}`,
    stage.rows > 0 ? plural(stage.rows, 'row') : '',
    stage.rejected > 0 ? `${formatCount(stage.rejected)} rejected` : '',
    stage.rowsPerSecond === null ? '' : `${formatCount(Math.round(stage.rowsPerSecond))} rows/s`,
    stage.leftMs === null ? '' : `${formatClock(stage.leftMs)} left`,
    stage.batches > 0 ? plural(stage.batches, 'batch') : '',
  ];
}

/** Pads each column of cells to one width, and drops columns from the end until the rest fits. */
function fitCells(rows: readonly (readonly string[])[], available: number): string[][] {
  const columns = Math.max(...rows.map((row) => row.length));
  const fitted = rows.map((): string[] => []);
  let used = 0;
  for (let column = 0; column < columns; column += 1) {
    const width = Math.max(...rows.map((row) => displayWidth(row[column] ?? '')));
    if (width === 0) continue;
    used += width + (used === 0 ? 0 : GAP.length);
    if (used > available) break;
    rows.forEach((row, index) => fitted[index]?.push(pad(row[column] ?? '', width, 'right')));
  }
  return fitted;
}

/** One line on what changed last, for logs: the stage at work and its counts. */
export function renderProgressLine(progress: RunProgress): string {
  const active =
    progress.stages.find((stage) => stage.tasksTotal === null || stage.tasksDone < stage.tasksTotal) ??
    progress.stages.at(-1);
  const counts = active === undefined ? [] : stageCells(active).flatMap((cell) => cell.trim() || []);
  const waits = progress.waiting === null ? [] : [`waits: ${escapeControls(progress.waiting.message)}`];
  return [progress.status, ...(progress.status === 'requested' ? [] : counts), ...waits].join(GAP);
}
