import { rmSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** What the thread is started with. */
export interface WatchData {
  readonly parentPid: number;
}

const LOOK_EVERY_MS = 250;

/**
 * Ends this process when the worker that started it is gone, however that ended. In a thread, because the main one
 * may be inside of the engine, and by SIGKILL, because an orderly exit waits for the engine's threads. What the model
 * was writing has no other owner left, and is removed first.
 */
const { parentPid } = workerData as WatchData;
let unfinished: readonly string[] = [];
parentPort?.on('message', (paths: readonly string[]) => {
  unfinished = paths;
});

setInterval(() => {
  if (process.ppid === parentPid) return;
  try {
    for (const target of unfinished) rmSync(target, { recursive: true, force: true });
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}, LOOK_EVERY_MS);
