/**
 * One attempt in a process of its own, and what became of it as a line of JSON. Two of these do the same system calls
 * on the same paths: names that are random elsewhere are drawn from the attempt's id here.
 *
 * node attempt-process.mjs '{"home": "…", "message": {…}, "attempt": "…"}'
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const { home, bucket, message, attempt } = JSON.parse(process.argv[2] ?? '');

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

const { openTools, doMessage } = await import('./attempt.mjs');
let failure = null;
try {
  const { tools } = await openTools(home, bucket);
  await doMessage(tools, message, attempt);
} catch (error) {
  failure = tell(error);
}
process.stdout.write(`${JSON.stringify({ failure })}\n`);
