import { fail } from '@millrace/shared/core/errors';
import type { ReplayRequest } from '@millrace/shared/core/replay';

/**
 * To be called where publishing cannot be overtaken, with the replays of the same root that the destination has. The
 * request names those whose accepted records it leaves out; one more would mean that its records are here already:
 * the bucket had given it up, but it was published after all.
 */
export function requireKnownReplays(
  replay: Pick<ReplayRequest, 'root' | 'after'> | null,
  published: readonly string[],
  destination: string,
): void {
  const unknown = published.find((run) => replay !== null && !replay.after.includes(run));
  if (replay === null || unknown === undefined) return;
  throw fail('replay_conflict', {
    message: `The destination has replay ${unknown} of run ${replay.root}, which did not count as published when this one was requested: records could come twice.`,
    where: destination,
    hint: `Nothing was published. See \`millrace status ${unknown}\`: if its load is done in one destination and failed in another, run the pipeline as a whole instead.`,
  });
}
