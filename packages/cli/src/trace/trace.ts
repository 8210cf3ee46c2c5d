import type { TracedRows } from '@millrace/shared/adapters/trace-rows';
import type { Lineage } from '@millrace/shared/core/trace';

import type { FoundTable } from './find-traced-run.ts';

/** What `trace` found, of which `also` are the rows of staged tables that the condition holds for as well. */
export interface Trace extends FoundTable {
  readonly where: string | null;
  readonly lineage: Lineage;
  readonly found: TracedRows;
  readonly also: readonly TracedRows[];
}
