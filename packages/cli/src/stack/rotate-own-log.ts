/**
 * Loaded into each service that the CLI starts (`node --import`): the service itself moves its log aside when the CLI
 * says so. It writes its lines synchronously and from this thread, so that none can be lost between copying and emptying.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

import { rotateLog } from './log-file.ts';

if (isMainThread && process.channel !== undefined) {
  process.on('message', (message) => {
    if (typeof message === 'object' && message !== null && 'rotateLog' in message)
      rotateLog(String(message.rotateLog));
  });
  // To listen keeps a process alive, and a service that has closed all else must end.
  process.channel.unref();
}
