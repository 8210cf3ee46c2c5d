import type { CompiledModel } from '@millrace/shared/adapters/model-sql';
import type { ErrorRecord } from '@millrace/shared/core/errors';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { Plan } from '@millrace/shared/core/plan';
import type { TableChange } from '@millrace/shared/core/table-change';
import type { SourcePreview } from '@millrace/sources/plan/preview-source';

/** What a run would do now, and what it would find. */
export interface PlanPreview {
  readonly plan: Plan;
  readonly sources: readonly SourcePreview[];
  readonly changes: readonly TablePreviewChange[];
}

/** What a run would do to a table of a destination. */
export interface TablePreviewChange {
  readonly destination: Destination;
  readonly model: CompiledModel;
  /** `files`: every run writes new ones. `refused`: the load would fail with the error, and publish nothing. */
  readonly change:
    TableChange | { readonly kind: 'files' } | { readonly kind: 'refused'; readonly error: ErrorRecord };
}
