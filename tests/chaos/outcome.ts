import type { FaultKind } from './fault.ts';
import type { ReaderReport } from './harness/reader.ts';

/** What became of a fault. */
export interface StruckFault {
  readonly kind: FaultKind;
  readonly run: string;
  /** Whether it met what it was meant to meet: a worker in mid-task, a run that had not ended. */
  readonly hit: boolean;
  readonly note: string;
  /** Of `damage`: the key of the object. */
  readonly object?: string;
  /** Since the start of the schedule. */
  readonly atMs: number;
  readonly endedAtMs: number;
}

/** What became of a schedule. It held when nothing was violated. */
export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly faults: readonly StruckFault[];
  readonly reader: ReaderReport;
  readonly published: number;
  readonly failed: number;
  readonly cancelled: number;
  /** From the end of the last fault to the end of the last run that had not ended then; 0 when all had. */
  readonly recoveryMs: number;
  readonly durationMs: number;
  readonly sightings: Sightings;
}

/** How often protections were seen at work. */
export interface Sightings {
  readonly fenced: number;
  readonly reconciled: number;
  readonly handedBack: number;
  readonly triedAgain: number;
  /** Jobs whose workers fell silent, and that others took over. */
  readonly stalls: number;
  /** Objects that attempts left behind without a manifest. */
  readonly orphans: number;
  /** Workers that were started in the place of others. */
  readonly restarts: number;
}
