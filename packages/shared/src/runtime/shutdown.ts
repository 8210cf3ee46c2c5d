import { constants } from 'node:os';

import type { Logger } from './logger.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Of a process that could not stop as it should. */
const FAILED_EXIT_CODE = 1;

/**
 * Runs `stop` at the first SIGTERM or SIGINT and then exits with 0. A second signal exits at once, with the code that
 * shells give to a process ended by it; `timeoutMs` without an end exits with 1. Either way the lock of the job lapses,
 * and another worker starts it.
 */
export function stopOnSignals(stop: () => Promise<void>, timeoutMs: number, logger: Logger): void {
  let stopping = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (stopping) process.exit(128 + constants.signals[signal]);
      stopping = true;
      logger.info({ signal }, 'stopping');
      setTimeout(() => {
        logger.error('did not stop in time');
        process.exit(FAILED_EXIT_CODE);
      }, timeoutMs).unref();
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'failed to stop');
          process.exit(FAILED_EXIT_CODE);
        },
      );
    });
  }
}
