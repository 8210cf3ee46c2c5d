import { connectOrFail } from '@millrace/shared/adapters/redis-connection';
import { STAGES } from '@millrace/shared/core/task';

import type { Sightings } from '../outcome.ts';
import type { Cluster } from './cluster.ts';
import { openRunFolder } from './run-folder.ts';

/** Looks at logs, bucket and queues while the cluster still runs. */
export async function lookForSightings(
  cluster: Cluster,
  runs: readonly string[],
  workers: number,
): Promise<Sightings> {
  const lines = cluster.workers.flatMap((worker) => worker.lines);
  const count = (start: string) =>
    lines.filter(({ msg }) => typeof msg === 'string' && msg.startsWith(start)).length;
  return {
    fenced: count('fenced'),
    reconciled: count('reconciled'),
    handedBack: count('handed back'),
    triedAgain: count('will be tried again'),
    stalls: await countStalls(cluster),
    orphans: runs.reduce((sum, run) => sum + openRunFolder(cluster.bucket, run).orphans(), 0),
    restarts: cluster.workers.length - workers,
  };
}

/** BullMQ counts them in the job; those of a flushed Redis are forgotten. */
async function countStalls(cluster: Cluster): Promise<number> {
  const redis = await connectOrFail(cluster.redis.url);
  try {
    const keys = (await Promise.all(STAGES.map((stage) => redis.keys(`{millrace}:${stage}:*.g*`)))).flat();
    const jobs = keys.filter((key) => /[.]g\d+$/.test(key));
    const counts = await Promise.all(jobs.map((key) => redis.hget(key, 'stc')));
    return counts.reduce((sum, stalls) => sum + Number(stalls ?? 0), 0);
  } finally {
    redis.disconnect();
  }
}
