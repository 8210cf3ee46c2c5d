import type { Partition } from '@millrace/shared/core/build-tasks';
import type { PlannedInput, StagedTable } from '@millrace/shared/core/plan';

/** What planning found out about a source. */
export interface SourceSurvey {
  readonly inputs: readonly PlannedInput[];
  readonly tables: readonly StagedTable[];
  readonly partitions: readonly Partition[];
}

export interface SurveyedFile {
  readonly path: string;
  /** As shown to people. */
  readonly name: string;
}
