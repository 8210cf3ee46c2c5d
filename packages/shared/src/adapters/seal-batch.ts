import type { BatchReference } from '../core/batch.ts';
import { fail } from '../core/errors.ts';
import type { Draft } from '../ports/bucket.ts';
import { readFooterRows } from './parquet-footer.ts';

/**
 * Seals a Parquet object whose writer counted `rows`. Throws `conservation_broken` when the object itself says
 * otherwise: then nothing may ever refer to it.
 * @param key of the object, for messages
 */
export async function sealBatch(draft: Draft, key: string, rows: number): Promise<BatchReference> {
  const stored = await readFooterRows(draft.path);
  if (stored === rows) return draft.seal(rows);
  throw fail('conservation_broken', {
    message: `${rows} rows were given to be written, and the object has ${stored ?? 'no readable metadata'}.`,
    where: key,
    hint: 'This is a defect of millrace: please report it. Nothing was published.',
  });
}
