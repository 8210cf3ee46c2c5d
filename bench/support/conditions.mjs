import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const GIBIBYTE = 1024 ** 3;

/** On what and with what the figures were made. */
export function conditions() {
  const git = (...words) => execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim();
  return {
    measuredAt: new Date().toISOString(),
    commit: git('rev-parse', '--short', 'HEAD'),
    changed: git('status', '--porcelain', '--untracked-files=no') !== '',
    machine: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / GIBIBYTE),
    node: process.version,
    duckdb: versionOf('@duckdb/node-api'),
    betterSqlite3: versionOf('better-sqlite3'),
    bullmq: versionOf('bullmq'),
    loadAtStart: loads(),
  };
}

/** Processes that wanted to run, over the last minute, 5 and 15. */
export function loads() {
  return loadavg().map((load) => Number(load.toFixed(1)));
}

/** @param {ReturnType<typeof conditions>} of */
export function describeConditions(of) {
  return [
    `${of.measuredAt.slice(0, 16)}Z, commit ${of.commit}${of.changed ? ' with changes' : ''}`,
    `Node ${of.node}, DuckDB ${of.duckdb}, better-sqlite3 ${of.betterSqlite3}, BullMQ ${of.bullmq}`,
    `${of.cores} cores (${of.machine}), ${of.memoryGib} GiB, load ${of.loadAtStart.join(' ')}`,
  ].join('\n');
}

function versionOf(name) {
  return JSON.parse(readFileSync(path.join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version;
}
