import type { RunProgress } from '@millrace/shared/core/report/run-progress';
import type { Terminal } from '../terminal.ts';
import { renderProgress, renderProgressLine } from './progress.ts';

/** Shows how a run goes on, until `close`. */
export interface RunDisplay {
  readonly update: (progress: RunProgress) => void;
  /** A line that stays, above what moves. */
  readonly remark: (line: string) => void;
  /** Leaves the last state on the screen and gives the cursor back. */
  readonly close: () => void;
}

/** On a terminal a display that redraws itself; elsewhere a line per change; with `--json` nothing. */
export function createRunDisplay(terminal: Terminal): RunDisplay {
  if (terminal.interactive) return createLiveDisplay(terminal);
  if (terminal.json) return { update: () => undefined, remark: () => undefined, close: () => undefined };
  return createLineDisplay(terminal);
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[0J';

function createLiveDisplay(terminal: Terminal): RunDisplay {
  let drawn = 0;
  let last: RunProgress | null = null;
  // To the first column too: the `^C` that a terminal echoes has moved the cursor.
  const back = (): string => (drawn === 0 ? '' : `\r\u001b[${drawn}A`) + CLEAR_BELOW;
  const draw = (above: string): void => {
    const lines =
      last === null ? [] : renderProgress(last, { width: terminal.width - 1, style: terminal.style });
    terminal.draw(back() + above + lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  // However the process ends, the cursor must be there again.
  const showCursor = (): void => terminal.draw(SHOW_CURSOR);
  process.once('exit', showCursor);
  terminal.draw(HIDE_CURSOR);
  return {
    update(progress) {
      last = progress;
      draw('');
    },
    remark: (line) => draw(`${line}\n`),
    close() {
      process.off('exit', showCursor);
      showCursor();
    },
  };
}

/** Thousands of small tasks would make thousands of lines. */
const LEAST_INTERVAL_MS = 1000;

function createLineDisplay(terminal: Terminal): RunDisplay {
  let shown = '';
  let shownStatus = '';
  let shownAtMs = -Infinity;
  return {
    update(progress) {
      const finished = progress.stages.map((stage) => stage.tasksDone).join('/');
      const change = `${progress.status} ${progress.waiting?.reason ?? ''} ${finished}`;
      const status = `${progress.status} ${progress.waiting?.reason ?? ''}`;
      const isNewStatus = status !== shownStatus;
      if (change === shown || (!isNewStatus && progress.elapsedMs < shownAtMs + LEAST_INTERVAL_MS)) return;
      shown = change;
      shownStatus = status;
      shownAtMs = progress.elapsedMs;
      terminal.print(renderProgressLine(progress));
    },
    remark: (line) => terminal.print(line),
    close: () => undefined,
  };
}
