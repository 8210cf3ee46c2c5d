import { bucketLayout } from '@millrace/shared/core/bucket-layout';

import type { RunSummary } from './api/run.ts';
import type { DashboardTools } from './tools.ts';

/** Names of all pipelines that have been deployed, which every pipeline is that has run. Sorted. */
export async function knownPipelines(
  { bucket }: Pick<DashboardTools, 'bucket'>,
  seen: readonly RunSummary[] = [],
): Promise<string[]> {
  const keys = await bucket.list(bucketLayout.pipelines);
  const deployed = keys.map((key) => key.slice(bucketLayout.pipelines.length, -1));
  return [...new Set([...deployed, ...seen.map(({ pipeline }) => pipeline)])].sort();
}
