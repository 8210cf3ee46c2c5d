import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/**
 * Answers calls of the parent one after the other, and ends with it.
 * @param {Record<string, (argument: any) => Promise<unknown>>} methods
 */
export function serve(methods) {
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ method, argument }) => {
    try {
      process.send({ result: (await methods[method](argument)) ?? null });
    } catch (error) {
      process.send({ error: error instanceof Error ? error.stack : String(error) });
    }
  });
}

/** Starts a file of this folder that calls `serve`. One call at a time. */
export function startChild(file) {
  const child = fork(path.join(import.meta.dirname, file));
  const ended = once(child, 'exit');
  let waiting = null;
  child.on('message', ({ error, result }) => {
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(`${file}: ${error}`));
  });
  child.on('exit', (code, signal) =>
    waiting?.reject(new Error(`${file} ended by itself: ${signal ?? code}`)),
  );
  return {
    call(method, argument) {
      if (!child.connected) throw new Error(`${file} has ended.`);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        child.send({ method, argument });
      });
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
