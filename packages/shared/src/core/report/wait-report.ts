import { TERMINAL_STATUSES } from '../status.ts';
import { describeWait, type Wait } from '../wait.ts';

import type { RunView } from './run-view.ts';

/**
 * Why a run waits, as printed with `--json`. Reasons are stable. `task_held_up`: a worker could not go on with a task, which is
 * tried again, or waits for a database that is locked; the message names the task and why.
 */
export interface WaitReport {
  readonly reason: Wait['reason'] | 'task_held_up';
  readonly message: string;
}

/** A task that a worker could not go on with; others may have done it since. */
export interface HeldUpTask {
  readonly task: string;
  readonly message: string;
  readonly at: string;
}

/** What workers say of a run. */
export interface WorkersView {
  readonly inFlight: readonly { readonly task: string; readonly startedAt: string }[];
  readonly heldUp: readonly HeldUpTask[];
}

export function reportWait(wait: Wait | null): WaitReport | null {
  return wait === null ? null : { reason: wait.reason, message: describeWait(wait) };
}

/** Why a run does not go on: what it has to wait for, else what holds a task of it up; null when nothing does. */
export function reportWaiting(run: RunView, wait: Wait | null, workers: WorkersView): WaitReport | null {
  return reportWait(wait) ?? reportHeldUp(run, workers);
}

function reportHeldUp(run: RunView, { inFlight, heldUp }: WorkersView): WaitReport | null {
  if (TERMINAL_STATUSES.includes(run.status)) return null;
  const isOpen = (task: string) => (task === 'plan' ? run.plan === null : !run.manifests.has(task));
  const isTriedSince = ({ task, at }: HeldUpTask) =>
    inFlight.some((other) => other.task === task && other.startedAt > at);
  const standing = heldUp.filter((held) => isOpen(held.task) && !isTriedSince(held));
  const newest = [...standing].sort((a, b) => b.at.localeCompare(a.at))[0];
  if (newest === undefined) return null;
  const others = new Set(standing.map(({ task }) => task)).size - 1;
  const more = others === 0 ? '' : ` (and ${others} more)`;
  return { reason: 'task_held_up', message: `task '${newest.task}'${more}: ${newest.message}` };
}
