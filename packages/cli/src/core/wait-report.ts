import { describeWait, type Wait } from '@millrace/shared/core/wait';

/** Why a run waits, as printed with `--json`. Reasons are stable. */
export interface WaitReport {
  readonly reason: Wait['reason'];
  readonly message: string;
}

export function reportWait(wait: Wait | null): WaitReport | null {
  return wait === null ? null : { reason: wait.reason, message: describeWait(wait) };
}
