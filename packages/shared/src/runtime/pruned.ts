import { readPrunedRecord } from '../contracts/pruned-v1.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { PrunedRecord } from '../core/run.ts';
import type { Bucket } from '../ports/bucket.ts';

/**
 * What was given up of a run, the oldest first. To be asked anew each time: who wants to refer to objects of another run
 * first writes down that it does, then asks. Pruning first records, then looks who refers. So one of them sees the other.
 */
export async function readPruned(bucket: Bucket, run: string): Promise<PrunedRecord[]> {
  const records: PrunedRecord[] = [];
  for (const key of await bucket.list(bucketLayout.prunings(run))) {
    const content = await bucket.read(key);
    if (content !== null) records.push(readPrunedRecord(content, key));
  }
  return records.sort((one, other) => (one.prunedAt < other.prunedAt ? -1 : 1));
}

/** Whether the objects of a task may vanish, so that nothing new may refer to them. */
export async function isPruned(bucket: Bucket, run: string, task: string): Promise<boolean> {
  return (await readPruned(bucket, run)).some(({ tasks }) => tasks.includes(task));
}
