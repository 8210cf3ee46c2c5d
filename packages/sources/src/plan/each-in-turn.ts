/**
 * Does the same with each, two at a time: while one waits for a disk or a thread, the other uses the processor. Gives the
 * results in the order of the items, and throws what the first of them throws, once nothing is at work any more.
 * @param signal ends the work, which is to throw its reason
 */
export async function eachInTurn<Item, Result>(
  items: readonly Item[],
  signal: AbortSignal | undefined,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const stopping = new AbortController();
  const stop = () => stopping.abort(signal?.reason);
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop);
  const results: Result[] = [];
  const begin = (item: Item | undefined) => {
    const begun = item === undefined ? null : work(item, stopping.signal);
    // Its failure is thrown when its turn comes; until then it must not end the process.
    begun?.catch(() => undefined);
    return begun;
  };
  let ahead = begin(items[0]);
  try {
    for (let index = 1; ahead !== null; index += 1) {
      const current = ahead;
      ahead = begin(items[index]);
      results.push(await current);
    }
    return results;
  } catch (error) {
    stopping.abort(error);
    await ahead?.catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
