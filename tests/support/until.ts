import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/** Waits until something is so, as long as the test may take; then says what did not happen. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  what: string,
  timeoutMs = 90_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Did not happen within ${timeoutMs} ms: ${what}.`);
    await delay(POLL_MS);
  }
}
