import type { Logger } from './logger.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const FORCED_EXIT_CODE = 1;

/**
 * Runs `stop` at the first SIGTERM or SIGINT and then exits with 0. A second signal, or `timeoutMs` without an end,
 * exits at once: a process that hangs keeps its task from others.
 */
export function stopOnSignals(stop: () => Promise<void>, timeoutMs: number, logger: Logger): void {
  let stopping = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (stopping) process.exit(FORCED_EXIT_CODE);
      stopping = true;
      logger.info({ signal }, 'stopping');
      setTimeout(() => {
        logger.error('did not stop in time');
        process.exit(FORCED_EXIT_CODE);
      }, timeoutMs).unref();
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'failed to stop');
          process.exit(FORCED_EXIT_CODE);
        },
      );
    });
  }
}
