import type { Message } from '../contracts/message.ts';
import { writeJson } from '../contracts/read-json.ts';
import { bucketLayout } from '../core/bucket-layout.ts';
import type { Bucket } from '../ports/bucket.ts';
import type { ReceivedJob } from '../ports/job-consumer.ts';

/**
 * How many workers took this work, in this round of its run, and fell silent. The queue counts them and may be emptied; so
 * whoever gets a job after such a start writes that down, which costs an object for each start that was lost and a look for
 * one at each start. Of the starts before a queue was emptied only the last one is not known, which nobody came after.
 */
export async function countLostStarts(
  bucket: Bucket,
  { run, round }: Pick<Message, 'run' | 'round'>,
  task: string,
  { stalls, addedAtMs }: Pick<ReceivedJob, 'stalls' | 'addedAtMs'>,
): Promise<number> {
  if (stalls > 0) {
    // The same for the same loss, however often the job comes back for other reasons.
    const key = bucketLayout.lostStart(run, task, round, `${addedAtMs}.${stalls}`);
    if (!(await bucket.exists(key)))
      await bucket.createIfAbsent(key, writeJson({ v: 1, run, round, task, stalls }));
  }
  const known = await bucket.list(bucketLayout.lostStarts(run, task, round));
  return Math.max(stalls, known.length);
}
