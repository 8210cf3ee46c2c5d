import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const EVERY_MS = 20;

export interface ReaderReport {
  readonly polls: number;
  /** Polls that found no published run. */
  readonly sawNone: number;
  /** Runs that were seen whole. */
  readonly sawAll: readonly string[];
  readonly violations: readonly string[];
}

export interface Reader {
  stop(): Promise<ReaderReport>;
}

/** Starts to poll a destination, which need not exist yet. */
export function startReader(database: string, tables: readonly string[]): Reader {
  const thread = new Worker(new URL('./reader-thread.mjs', import.meta.url), {
    workerData: { database, tables, everyMs: EVERY_MS },
    execArgv: [],
  });
  const failed = new Promise<never>((_, reject) => thread.once('error', reject));
  failed.catch(() => undefined);
  return {
    async stop() {
      const answer = once(thread, 'message');
      thread.postMessage('stop');
      const [report] = (await Promise.race([answer, failed])) as [ReaderReport];
      await thread.terminate();
      return report;
    },
  };
}
