/**
 * `npm run ci`: everything that must hold before a change is merged. All steps run, so that one visit shows all
 * that is wrong; the tests come last, and their count is the last line.
 */
import { bootstrap, runAttached } from './bootstrap.mjs';
import { runTests } from './run-tests.mjs';

const CHECKS = ['format:check', 'lint', 'arrows', 'deadcode', 'typecheck', 'docs:check'];

/**
 * @param {string} name
 * @param {() => Promise<number>} run
 */
async function timed(name, run) {
  console.log(`\n── ${name}`);
  const startedAt = performance.now();
  const exitCode = await run();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`── ${name} ${exitCode === 0 ? 'passed' : 'FAILED'}, ${seconds} s`);
  return exitCode === 0;
}

await bootstrap();
/** @type {string[]} */
const failed = [];
for (const name of CHECKS) {
  if (!(await timed(name, () => runAttached('npm', ['run', '--silent', name])))) failed.push(name);
}
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed checks: ${failed.join(', ')}`);
const testsExitCode = await runTests([]);
process.exitCode = failed.length === 0 ? testsExitCode : 1;
