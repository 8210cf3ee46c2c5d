import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { Engine } from '@millrace/shared/adapters/duckdb';
import type { RunStatus } from '@millrace/shared/core/status';

import { queryRows, readPublished } from '../../support/published.ts';
import type { Expected, ExpectedReject } from './dataset.ts';
import { openRunFolder, type ManifestFacts, type RunFolder } from './run-folder.ts';
import type { LogLine } from './worker-process.ts';

export interface CheckedRun {
  readonly run: string;
  readonly bucket: string;
  readonly database: string;
  /** Objects that were damaged on purpose. */
  readonly damaged: ReadonlySet<string>;
}

/** Whether the tables of a published run are one of the versions that it may have read. Empty when they are. */
export function checkTables({ run, database }: CheckedRun, versions: readonly Expected[]): string[] {
  const differing = versions.map((version) =>
    [...version.tables].flatMap(([table, expected]) => {
      const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
      const found = sorted(readPublished(database, table, expected, run));
      const wanted = sorted(expected.rows);
      if (JSON.stringify(found) === JSON.stringify(wanted)) return [];
      const at = wanted.findIndex((row, index) => row !== found[index]);
      return [
        `${table} of run ${run} has ${found.length} rows, expected ${wanted.length}; first: ${found[at]}, expected ${wanted[at]}`,
      ];
    }),
  );
  return differing.some((found) => found.length === 0) ? [] : (differing[0] ?? []);
}

/** Whether a run's rejects, and its counts of records, are those of one of the versions. */
export async function checkRejects(
  engine: Engine,
  { run, bucket, damaged }: CheckedRun,
  versions: readonly Expected[],
): Promise<string[]> {
  const folder = openRunFolder(bucket, run);
  const objects = folder
    .manifests()
    .flatMap(({ extracted }) => extracted?.rejects.batches ?? [])
    .map(({ key }) => key);
  if (objects.some((key) => damaged.has(key))) return [];
  const found = (await readRejects(engine, bucket, objects)).map(place).sort().join('\n');
  const records = recordsSeen(folder);
  const fits = versions.some(
    (version) => version.rejects.map(place).sort().join('\n') === found && version.records === records,
  );
  if (fits) return [];
  const [wanted] = versions;
  return [
    `run ${run} has seen ${records} records, expected ${wanted?.records}, and rejected ${found === '' ? 0 : found.split('\n').length}, expected ${wanted?.rejects.length}`,
  ];
}

function recordsSeen(folder: RunFolder): number {
  const sources = folder.inputSources();
  const files = folder.manifests().flatMap(({ extracted }) => extracted?.files ?? []);
  return files.filter(({ input }) => sources[input] === 'orders').reduce((sum, { seen }) => sum + seen, 0);
}

async function readRejects(
  engine: Engine,
  bucket: string,
  objects: readonly string[],
): Promise<ExpectedReject[]> {
  if (objects.length === 0) return [];
  const files = objects.map((key) => `'${path.join(bucket, key)}'`).join(', ');
  const rows = await engine.rows(
    `SELECT file, line, record_number, byte_offset, reason FROM read_parquet([${files}]) WHERE source = 'orders'`,
  );
  return rows as unknown as ExpectedReject[];
}

function place({ file, line, record_number, byte_offset, reason }: ExpectedReject): string {
  return `${path.basename(file)}:${line} record ${record_number} at ${byte_offset}: ${reason}`;
}

/**
 * Replays what the workers said against what the bucket holds: each task was committed once, by the attempt that its
 * manifest names; whoever was fenced was another; and every object that a manifest names is as it says.
 */
export function checkHistory(
  { run, bucket, damaged }: CheckedRun,
  lines: readonly LogLine[],
  status: RunStatus,
): string[] {
  const folder = openRunFolder(bucket, run);
  const manifests = new Map(folder.manifests().map((manifest) => [manifest.task, manifest]));
  const wrong: string[] = [];
  for (const task of folder.tasks() ?? []) {
    const manifest = manifests.get(task.id);
    if (manifest === undefined) {
      if (status === 'published') wrong.push(`task ${task.id} of published run ${run} has no manifest`);
      continue;
    }
    const of = lines.filter((line) => line['run'] === run && line['task'] === task.id);
    wrong.push(...checkCommits(run, manifest, of));
    // What a cancelled run had stored is removed.
    if (status !== 'cancelled') wrong.push(...checkObjects(bucket, manifest, damaged));
  }
  return wrong;
}

function checkCommits(run: string, manifest: ManifestFacts, lines: readonly LogLine[]): string[] {
  const name = `task ${manifest.task} of run ${run}`;
  const commits = lines.filter(({ msg }) => msg === 'done');
  const fenced = lines.filter(({ msg }) => typeof msg === 'string' && msg.startsWith('fenced'));
  const wrong = fenced
    // Who finds its run published by an attempt that died before its manifest writes that.
    .filter(
      ({ attempt, msg }) => attempt === manifest.attempt && msg !== 'fenced: the run is published already',
    )
    .map(() => `${name}: attempt ${manifest.attempt} was fenced, and its manifest stands`);
  if (commits.length > 1)
    wrong.push(
      `${name} was committed ${commits.length} times: ${commits.map((line) => line['attempt']).join(', ')}`,
    );
  for (const { attempt } of commits)
    if (attempt !== manifest.attempt)
      wrong.push(`${name}: attempt ${String(attempt)} committed, the manifest names ${manifest.attempt}`);
  return wrong;
}

function checkObjects(
  bucket: string,
  { task, outputs, extracted, attempt }: ManifestFacts,
  damaged: ReadonlySet<string>,
): string[] {
  const objects = [...outputs.flatMap(({ batches }) => batches), ...(extracted?.rejects.batches ?? [])];
  return objects.flatMap(({ key, bytes, sha256 }) => {
    if (damaged.has(key)) return [];
    const file = path.join(bucket, key);
    if (!existsSync(file)) return [`${key} is named by ${task} and is not there`];
    const content = readFileSync(file);
    const isSame = content.length === bytes && createHash('sha256').update(content).digest('hex') === sha256;
    const isOwn = (extracted?.reused ?? null) !== null || key.includes(attempt);
    return [
      ...(isSame ? [] : [`${key} is not what ${task} says`]),
      ...(isOwn ? [] : [`${key} is of another attempt than ${task}`]),
    ];
  });
}

/** Whether the ledger and the history in the destination say of each run what has become of it. */
export function checkLedger(
  database: string,
  published: readonly string[],
  others: readonly string[],
): string[] {
  if (!existsSync(database))
    return published.map((run) => `run ${run} is published, and there is no destination`);
  const texts = (sql: string) => queryRows(database, sql).map((row) => String(row['text']));
  const loads = texts('SELECT run_id AS text FROM _millrace_loads ORDER BY 1');
  const runs = texts("SELECT run_id || ' ' || status AS text FROM _millrace_runs ORDER BY 1");
  const wrong: string[] = [];
  if (loads.join() !== [...published].sort().join())
    wrong.push(`the ledger names ${loads.join(', ')}; published are ${published.join(', ')}`);
  for (const run of published)
    if (!runs.includes(`${run} published`))
      wrong.push(`run ${run} is published and not in the history of runs`);
  for (const run of others)
    if (runs.includes(`${run} published`))
      wrong.push(`run ${run} is published in the history of runs, and not in the bucket`);
  return [
    ...wrong,
    ...texts('SELECT integrity_check AS text FROM pragma_integrity_check').filter((text) => text !== 'ok'),
  ];
}
