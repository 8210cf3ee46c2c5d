import { randomBytes } from 'node:crypto';

import { keepContract, readContracts } from '@millrace/shared/adapters/contract-records';
import { isSameDrift, type ContractAction } from '@millrace/shared/core/contract-record';
import { withoutNewValue, type PlannedDrift } from '@millrace/shared/core/drift';
import type { Bucket } from '@millrace/shared/ports/bucket';
import { whoAsks } from '@millrace/shared/runtime/who-asks';

/**
 * Records what a person was shown or has accepted, for the history of the pipeline's destinations. Showing the same again
 * is no news: a look every hour would bury the day on which something has changed.
 */
export async function recordContract(
  bucket: Bucket,
  pipeline: string,
  action: ContractAction,
  found: readonly PlannedDrift[],
): Promise<void> {
  const drift = found.map(withoutNewValue);
  if (action === 'diff') {
    const latest = (await readContracts(bucket, pipeline)).at(-1);
    if (latest?.action === 'diff' && isSameDrift(latest.drift, drift)) return;
  }
  const recordedAt = new Date().toISOString();
  const id = `${recordedAt.replaceAll(/[-:.Z]/g, '')}-${randomBytes(4).toString('hex')}`;
  await keepContract(bucket, { id, pipeline, action, by: whoAsks(), recordedAt, drift });
}
