import type { Partition } from '@millrace/shared/core/build-tasks';
import type { PlannedInput, StagedTable } from '@millrace/shared/core/plan';
import type { PlannedCursor } from '@millrace/shared/core/watermark';

/** What planning found out about a source. */
export interface SourceSurvey {
  readonly inputs: readonly PlannedInput[];
  readonly tables: readonly StagedTable[];
  readonly partitions: readonly Partition[];
  /** Of sources that have any. */
  readonly cursors?: readonly PlannedCursor[];
}

export interface SurveyedFile {
  readonly path: string;
  /** As shown to people. */
  readonly name: string;
}
