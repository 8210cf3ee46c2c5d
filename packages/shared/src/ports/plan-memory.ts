import type { KnownFiles } from '../core/known-file.ts';
import type { PlannedSource } from '../core/plan.ts';
import type { ExtractReference } from '../core/task.ts';

/** What earlier runs of a pipeline know, for planning. Only to be asked: `millrace plan` leaves no trace. */
export interface PlanMemory {
  /** The files of a source as the last planning found them; none when it looked at them in another way. */
  files(source: PlannedSource): Promise<KnownFiles>;
  /** The newest task of this fingerprint that read its inputs; null when there is none, or its run is gone. */
  extract(fingerprint: string): Promise<ExtractReference | null>;
}
