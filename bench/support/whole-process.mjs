import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';

import { watchMemory } from './peak-memory.mjs';

/**
 * Runs a program from its start to its end.
 * @returns {Promise<{ durationMs: number, peakMb: number }>} the most memory that any process of it held
 */
export async function runWhole(command, words, { environment = process.env, folder = undefined } = {}) {
  const startedAt = performance.now();
  const child = spawn(command, words, { cwd: folder, env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  const failed = once(child, 'exit');
  let complaint = '';
  child.stderr.on('data', (text) => (complaint += text));
  const memory = watchMemory([child.pid]);
  const [code, signal] = await failed;
  const durationMs = performance.now() - startedAt;
  const [peaks] = memory.stop();
  if (code !== 0)
    throw new Error(`${[command, ...words].join(' ')} ended with ${signal ?? code}.\n${complaint}`);
  return { durationMs, peakMb: Math.max(...peaks) };
}

export async function removeDatabase(file) {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(file + suffix, { force: true });
}
