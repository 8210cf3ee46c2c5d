/**
 * Loaded into each service that the CLI starts (`node --import`): when the CLI is gone, however it ended, the channel
 * to it closes, and the service shuts down gracefully instead of working on as an orphan.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.channel !== undefined) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
