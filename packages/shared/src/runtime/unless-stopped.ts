/** How long work may go on after the signal. Long enough for a transaction to roll back. */
const HEED_MS = 2000;

/**
 * The result of `work`, or the signal's reason when work does not end soon after the signal. Such work is left
 * behind: the process ends in a moment, and work must bear that at any instruction anyway.
 */
export async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(signal.reason as Error), HEED_MS);
    };
  });
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  }
}
