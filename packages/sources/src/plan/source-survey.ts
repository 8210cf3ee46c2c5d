import type { Partition } from '@millrace/shared/core/build-tasks';
import type { PlannedInput, StagedTable } from '@millrace/shared/core/plan';
import type { PlannedCursor } from '@millrace/shared/core/watermark';

import type { SourceValue } from '../source-value.ts';

/** What planning found out about a source. Its partitions name inputs by their place among those of the source. */
export interface SourceSurvey {
  readonly inputs: readonly PlannedInput[];
  readonly tables: readonly StagedTable[];
  readonly partitions: readonly Partition[];
  /** Of sources that have any. */
  readonly cursors?: readonly PlannedCursor[];
  /** Of each table, where rows were looked at anyway: what they have. */
  readonly found?: ReadonlyMap<string, readonly FoundRows[]>;
}

/** Some rows of a relation in one file. */
export interface FoundRows {
  /** Names of its columns. */
  readonly header: readonly string[];
  readonly rows: readonly SourceValue[];
}

export interface SurveyedFile {
  readonly path: string;
  /** As shown to people. */
  readonly name: string;
}
