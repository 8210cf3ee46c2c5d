import type { Source } from '@millrace/shared/core/pipeline';
import type { PlannedSource } from '@millrace/shared/core/plan';

/** What reading needs of a source, as plans keep it. */
export function plannedSource({ name, type, records, members, csv, decoding }: Source): PlannedSource {
  return { name, type, records, members, csv, decoding };
}
