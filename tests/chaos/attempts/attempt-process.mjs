/**
 * One attempt in a process of its own, and what became of it as a line of JSON. Two of these do the same system calls
 * on the same paths: names that are random elsewhere are drawn from the attempt's id here.
 *
 * With `moreFiles` it may have so many files open beyond those that it has when it begins.
 *
 * node attempt-process.mjs '{"home": "…", "message": {…}, "attempt": "…"}'
 */
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { readdirSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { home, message, attempt, moreFiles } = JSON.parse(process.argv[2] ?? '');

let drawn = 0;
crypto.randomBytes = /** @type {typeof crypto.randomBytes} */ (
  (/** @type {number} */ size) => {
    drawn += 1;
    return crypto.createHash('sha512').update(`${attempt} ${drawn}`).digest().subarray(0, size);
  }
);
syncBuiltinESMExports();

/** @param {unknown} error */
function tell(error) {
  if (!(error instanceof Error)) return { name: 'nothing of an error', message: String(error) };
  const { name, message: text, code, where, retry } = /** @type {Error & Record<string, unknown>} */ (error);
  return { name, message: text, code, where, retry };
}

const { openTools, doMessage, importHandlers } = await import('./attempt.mjs');
if (moreFiles !== undefined) {
  // Loading the program itself takes many open files, once.
  await importHandlers();
  const limit = readdirSync('/proc/self/fd').length + moreFiles;
  execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${limit}:${limit}`]);
}
let failure = null;
try {
  const { tools } = await openTools(home);
  await doMessage(tools, message, attempt);
} catch (error) {
  failure = tell(error);
}
process.stdout.write(`${JSON.stringify({ failure })}\n`);
