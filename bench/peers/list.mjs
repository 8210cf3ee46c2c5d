import { spawnSync } from 'node:child_process';
import path from 'node:path';

/**
 * @typedef {{ name: string, file: string, command: string, slow: boolean, missing: string | null }} Peer
 * `slow`: too slow for a short run. `missing`: why it cannot run here.
 */

const PYTHON = process.env['MILLRACE_BENCH_PYTHON'] ?? 'python3';
const inNode = (name, script, slow, needs) => ({
  name,
  file: path.join(import.meta.dirname, script),
  command: process.execPath,
  slow,
  missing: needs === undefined || isInstalled(needs) ? null : `${needs} is not installed`,
});
const inPython = (name, script, needs) => ({
  name,
  file: path.join(import.meta.dirname, script),
  command: PYTHON,
  slow: true,
  missing: hasModule(needs) ? null : `${PYTHON} has no ${needs}`,
});

/** The bare process against which everything is measured. */
export const BASELINE = inNode('baseline', 'baseline.mjs', false);

/** @returns {Peer[]} */
export function listPeers() {
  return [
    inNode('readline, JSON.parse', 'readline.mjs', false),
    inNode('BullMQ, rows in jobs', 'bullmq.mjs', false),
    inNode('stream-json', 'stream-json.mjs', true, 'stream-json'),
    inPython('pandas', 'pandas_script.py', 'pandas'),
  ];
}

function isInstalled(name) {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function hasModule(name) {
  return spawnSync(PYTHON, ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0;
}
