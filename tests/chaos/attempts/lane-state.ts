import { existsSync } from 'node:fs';
import { cp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { readPublishedRun } from '@millrace/shared/adapters/destination-files-store';
import { openEngine, readParquetSql } from '@millrace/shared/adapters/duckdb';
import { hashFile } from '@millrace/shared/adapters/durable-file';
import type { BatchReference } from '@millrace/shared/core/batch';
import { createRunStore } from '@millrace/shared/runtime/run-store';
import Database from 'better-sqlite3';

import { expectedRows, type Lane } from './lane.ts';

/** What everyone may see of the lane's task: nothing of it, or all of it. */
export type Visible = 'nothing' | 'all';

/**
 * Looks at a lane as readers and later tasks would, and changes nothing of it.
 * @throws when something is visible in part, or visible and wrong
 */
export async function look(lane: Lane): Promise<Visible> {
  if (!lane.shape.task.startsWith('load-')) return lookAtManifest(lane);
  const copy = path.join(lane.folder, 'looked-at');
  try {
    // A reader of SQLite recovers what a killed writer left; the next attempt shall meet it as it was left.
    await cp(lane.out, copy, { recursive: true, verbatimSymlinks: true });
    const destination = path.join(copy, path.basename(lane.destination));
    return lane.shape.destination === 'sqlite'
      ? lookAtSqlite(lane, destination)
      : await lookAtFiles(lane, destination);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Throws unless the task is done as if nothing had ever happened, and nothing that counts is left of other attempts. */
export async function requireDone(lane: Lane, failedAttempt: string): Promise<void> {
  if ((await look(lane)) !== 'all') throw new Error('The second attempt said that it was done, and is not.');
  if ((await lookAtManifest(lane)) !== 'all') throw new Error('The task has no manifest.');
  await requireKnownFiles(lane, failedAttempt);
}

function lookAtSqlite({ run, shape }: Lane, file: string): Visible {
  if (!existsSync(file)) return 'nothing';
  const db = new Database(file);
  try {
    same(db.pragma('integrity_check', { simple: true }), 'ok', 'integrity_check');
    const rows = (sql: string) => db.prepare(sql).raw().all() as unknown[][];
    const tables = new Set(rows("SELECT name FROM sqlite_schema WHERE type = 'table'").map(([name]) => name));
    const count = (table: string) =>
      tables.has(table) ? Number(rows(`SELECT count(*) FROM ${table} WHERE run_id = '${run}'`)[0]?.[0]) : 0;
    const loads = count('_millrace_loads');
    same(count('_millrace_runs'), loads, 'records of the run, by its rows in the ledger');
    const kept = tables.has('kept')
      ? rows(`SELECT id, amount FROM kept WHERE _run_id = '${run}' ORDER BY rowid`)
      : [];
    const expected = expectedRows(shape);
    same(kept, loads === 0 ? [] : expected.kept, 'rows of the run');
    const published = loads + shape.earlierRuns;
    const totals = tables.has('totals') ? rows('SELECT digit, total FROM totals ORDER BY digit') : [];
    same(totals, published === 0 ? [] : expected.totals, 'merged rows');
    if (tables.has('kept')) {
      const all = Number(rows('SELECT count(*) FROM kept')[0]?.[0]);
      same(all, expected.kept.length * published, 'rows of all runs');
    }
    return loads === 0 ? 'nothing' : 'all';
  } finally {
    db.close();
  }
}

async function lookAtFiles({ run, shape }: Lane, root: string): Promise<Visible> {
  const folder = path.join(root, 'runs', run);
  const published = existsSync(folder);
  const record = await readPublishedRun(root, run);
  same(record !== null, published, 'whether a published folder has its record');
  const latest = await readlink(path.join(root, 'latest')).catch(() => null);
  if (latest !== null && !existsSync(path.join(root, latest))) throw new Error('`latest` leads nowhere.');
  if (record === null) return 'nothing';
  for (const { file, bytes, sha256 } of record.tables)
    same(await hashFile(path.join(folder, file)), { bytes, sha256 }, `what ${file} holds`);
  const expected = expectedRows(shape);
  same(await readCsv(path.join(folder, 'kept.csv')), expected.kept, 'rows of the run');
  same((await readCsv(path.join(folder, 'totals.csv'))).sort(byFirst), expected.totals, 'totals of the run');
  return 'all';
}

/** The first two columns: the others say which run. */
async function readCsv(file: string): Promise<number[][]> {
  const [, ...lines] = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => line.split(',').slice(0, 2).map(Number));
}

function byFirst([one = 0]: number[], [two = 0]: number[]): number {
  return one - two;
}

async function lookAtManifest(lane: Lane): Promise<Visible> {
  const { run, message, shape } = lane;
  if (message.type !== 'task_ready') throw new Error('A lane ends at a task.');
  const bucket = await openFolderBucket(lane.bucket);
  const manifest = await createRunStore(bucket).manifest(run, message.task);
  if (manifest === null) return 'nothing';
  const expected = expectedRows(shape);
  for (const { table, batches } of manifest.outputs) {
    const wanted = table === 'totals' ? expected.totals : expected.kept;
    same(await readRows(lane, batches), wanted, `rows of ${table}`);
  }
  const rejected = manifest.extracted?.rejects.batches ?? [];
  for (const batch of rejected) await bucket.open(batch);
  if (manifest.kind === 'extract') {
    const kept = rejected.reduce((sum, batch) => sum + batch.rows, 0);
    same(kept, shape.records - expected.kept.length, 'rejects that are kept');
  }
  return 'all';
}

async function readRows(lane: Lane, batches: readonly BatchReference[]): Promise<number[][]> {
  const bucket = await openFolderBucket(lane.bucket);
  const engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
  try {
    const paths: string[] = [];
    for (const batch of batches) paths.push(await bucket.open(batch));
    const rows = await engine.rows(`SELECT * FROM ${readParquetSql(paths)} ORDER BY 1`);
    return rows.map((row) => Object.values(row).map(Number));
  } finally {
    await engine.close();
  }
}

/** Whatever lies in the bucket is named by a plan or manifest, unfinished, or carries the id of the attempt that failed. */
async function requireKnownFiles(lane: Lane, failedAttempt: string): Promise<void> {
  const entries = await readdir(lane.bucket, { recursive: true, withFileTypes: true });
  const parquet = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.parquet'));
  const named = await namedObjects(lane);
  for (const entry of parquet) {
    const key = path.relative(lane.bucket, path.join(entry.parentPath, entry.name));
    if (named.has(key) || entry.name.startsWith('.') || key.includes(failedAttempt)) continue;
    throw new Error(`Nothing names ${key}, and nobody could tell that it is left over.`);
  }
}

async function namedObjects(lane: Lane): Promise<Set<string>> {
  const store = createRunStore(await openFolderBucket(lane.bucket));
  const named = new Set<string>();
  for (const run of await store.list()) {
    const { manifests } = await store.load(run);
    for (const { outputs, extracted } of manifests.values()) {
      const batches = [...outputs.flatMap((output) => output.batches), ...(extracted?.rejects.batches ?? [])];
      for (const { key } of batches) named.add(key);
    }
  }
  return named;
}

function same(found: unknown, wanted: unknown, what: string): void {
  const [one, two] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (one !== two) throw new Error(`${what}: ${one.slice(0, 300)} instead of ${two.slice(0, 300)}`);
}
