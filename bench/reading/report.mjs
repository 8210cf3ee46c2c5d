import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

import Database from 'better-sqlite3';

import { median } from './measure.mjs';

const GIBIBYTE = 1024 ** 3;

/** On what and with what the figures were made. */
export async function conditions(engine) {
  const [duckdb] = await engine.rows('SELECT version() AS version');
  const sqlite = new Database(':memory:');
  const { version } = sqlite.prepare('SELECT sqlite_version() AS version').get();
  sqlite.close();
  const git = (...words) => execFileSync('git', words, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes';
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / GIBIBYTE)} GiB`;
  return [
    `${new Date().toISOString().slice(0, 16)}Z, commit ${git('rev-parse', '--short', 'HEAD')}${changed}`,
    `Node ${process.version}, DuckDB ${duckdb.version}, SQLite ${version}`,
    `${machine}; load ${loads()} at the beginning`,
  ].join('; ');
}

/** Processes that wanted to run, over the last minute, 5 and 15. */
export function loads() {
  return loadavg()
    .map((load) => load.toFixed(1))
    .join(' ');
}

function markdownTable(header, rows) {
  const lines = [header, header.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const HEADER = [
  'input',
  'MB',
  'read by',
  's',
  'min–max',
  'MB/s',
  'k records/s',
  'time',
  'planned in s',
  'output',
];

/**
 * Medians. Of a contestant whose output was wrong once there is no figure.
 * @param {readonly import('./measure.mjs').Measured[]} measured
 */
export function contestTable(measured) {
  return markdownTable(
    HEADER,
    measured.map((contestant) => contestCells(contestant, measured)),
  );
}

function contestCells(contestant, all) {
  const { label, data, name, samples } = contestant;
  const input = [label, (data.sizeBytes / 1e6).toFixed(0), name];
  if (faultsOf(contestant).length > 0) return [...input, '', '', '', '', '', '', '**wrong**'];
  const times = samples.map(({ durationMs }) => durationMs);
  const typical = median(times);
  const plans = samples.flatMap(({ planMs }) => planMs ?? []);
  return [
    ...input,
    seconds(typical),
    `${seconds(Math.min(...times))}–${seconds(Math.max(...times))}`,
    (data.sizeBytes / 1e3 / typical).toFixed(0),
    ((data.orders + data.badRecords.length) / typical).toFixed(0),
    ratio(contestant, all, typical),
    plans.length === 0 ? '' : seconds(median(plans)),
    'right',
  ];
}

function ratio({ against }, all, typical) {
  if (against === null) return '1';
  const other = all.find((candidate) => candidate.label === against.label && candidate.name === against.name);
  if (other === undefined || faultsOf(other).length > 0) return '';
  const otherTypical = median(other.samples.map(({ durationMs }) => durationMs));
  return `${(typical / otherTypical).toFixed(2)} × ${against.as}`;
}

function seconds(milliseconds) {
  return (milliseconds / 1000).toFixed(2);
}

const MEMORY_HEADER = ['input', 'MB', 'records', 'setting', 'peak MB', 's', 'MB/s', 'output'];

/** Seconds are of planning and reading by one process. Of a wrong output there is no figure. */
export function memoryTable(measured) {
  return markdownTable(
    MEMORY_HEADER,
    measured.map(({ data, setting, durationMs, peak, faults }) => {
      const input = [data.format, (data.sizeBytes / 1e6).toFixed(0), data.orders, setting];
      if (faults.length > 0) return [...input, '', '', '', '**wrong**'];
      return [...input, peak, seconds(durationMs), (data.sizeBytes / 1e3 / durationMs).toFixed(0), 'right'];
    }),
  );
}

/** What was wrong with any of its outputs. */
export function faultsOf({ label, name, samples }) {
  return [...new Set(samples.flatMap(({ faults }) => faults))].map((fault) => `${label}, ${name}: ${fault}`);
}
