import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { TaskRow } from '../../../src/api/task.ts';
import { formatBytes, formatCount, plural } from '../format/number.ts';
import { formatDuration, formatExact } from '../format/time.ts';
import { Status } from './status.tsx';

/** In the coordinates of the window. */
export interface TipPlace {
  readonly x: number;
  readonly y: number;
}

/** What is known of a task, above what the pointer or the keyboard is at. */
export function TaskTip({ task, place }: { readonly task: TaskRow; readonly place: TipPlace }) {
  const tip = useRef<HTMLDivElement>(null);
  const [shift, setShift] = useState({ left: 0, top: 0 });
  useLayoutEffect(() => {
    const box = tip.current?.getBoundingClientRect();
    if (box === undefined) return;
    const left = Math.min(Math.max(8, place.x - box.width / 2), innerWidth - box.width - 8);
    const above = place.y - box.height - 10;
    setShift({ left, top: above < 8 ? place.y + 24 : above });
  }, [place.x, place.y, task.id]);
  const facts = [
    `${formatCount(task.rows)} rows`,
    ...(task.rejected > 0 ? [`${formatCount(task.rejected)} rejected`] : []),
    ...(task.batches > 0 ? [plural(task.batches, 'batch', 'batches')] : []),
    ...(task.size_bytes > 0 ? [formatBytes(task.size_bytes)] : []),
    ...(task.attempts !== null && task.attempts > 1 ? [`${task.attempts} tries`] : []),
  ];
  return (
    <div ref={tip} class="tip" role="status" style={{ left: `${shift.left}px`, top: `${shift.top}px` }}>
      <strong class="mono">{task.id}</strong>
      <Status status={task.state} plain />
      <span class="muted tabular">{facts.join(' · ')}</span>
      {task.started_at !== null && (
        <span class="muted tabular">
          {formatExact(task.started_at)}
          {task.finished_at !== null && ` · ${formatDuration(taskMs(task, 0))}`}
        </span>
      )}
      {task.worker !== null && <span class="muted mono">{task.worker}</span>}
      {task.message !== null && <span class="tip-message">{task.message.slice(0, 400)}</span>}
    </div>
  );
}

/** How long a task took, or has taken by now. */
export function taskMs({ started_at, finished_at }: TaskRow, now: number): number {
  if (started_at === null) return 0;
  return Math.max(0, (finished_at === null ? now : Date.parse(finished_at)) - Date.parse(started_at));
}
