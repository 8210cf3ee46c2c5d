import { cp, mkdir, mkdtemp, readdir, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Message } from '@millrace/shared/contracts/message';
import { deployFolder } from '@millrace/shared/runtime/deploy';
import { requestRun } from '@millrace/shared/runtime/request-run';

import { doMessage, openTools } from './attempt.mjs';

export interface LaneShape {
  readonly destination: 'sqlite' | 'csv' | 'parquet';
  /** Records of the input; every tenth is rejected. */
  readonly records: number;
  readonly batchRows: number;
  /** Runs that are published before. */
  readonly earlierRuns: number;
  /** The first message of which this begins the task is the one to attempt. */
  readonly task: 'extract-' | 'model-kept' | 'load-';
}

/**
 * A run that has come as far as one message, on disk as it then is. It can be brought back to that state any number of
 * times, at the same paths.
 */
export interface Lane {
  readonly shape: LaneShape;
  readonly folder: string;
  readonly home: string;
  readonly bucket: string;
  /** Folder of the destination. */
  readonly out: string;
  readonly destination: string;
  readonly run: string;
  readonly message: Message;
  /** Undoes everything since the lane was made. */
  restore(): Promise<void>;
  remove(): Promise<void>;
}

/** The parts of a lane that attempts change, and what they are brought back from. */
const LIVE = 'live';
const SAVED = 'saved';

export async function makeLane(shape: LaneShape, parent = tmpdir()): Promise<Lane> {
  const folder = await realpath(await mkdtemp(path.join(parent, 'millrace-lane-')));
  const live = path.join(folder, LIVE);
  const [home, out] = [path.join(live, 'home'), path.join(live, 'out')];
  await mkdir(out, { recursive: true });
  const destination = path.join(out, shape.destination === 'sqlite' ? 'final.db' : 'files');
  const pipeline = await writePoints(folder, shape, destination);
  for (let earlier = 0; earlier < shape.earlierRuns; earlier += 1) await advance(home, pipeline, null);
  const { run, message } = await advance(home, pipeline, shape.task);
  if (message === null) throw new Error(`No task of the run is called ${shape.task}….`);
  await makeOld(live);
  await cp(live, path.join(folder, SAVED), AS_IT_IS);
  return {
    shape,
    folder,
    home,
    bucket: path.join(home, 'bucket'),
    out,
    destination,
    run,
    message,
    async restore() {
      await rm(live, { recursive: true, force: true });
      await cp(path.join(folder, SAVED), live, AS_IT_IS);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const AS_IT_IS = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true } as const;

/** DuckDB reads a file that was changed a few seconds ago once more than others: a slow machine would make other calls. */
async function makeOld(folder: string): Promise<void> {
  const anHourAgo = new Date(Date.now() - 3_600_000);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await utimes(path.join(entry.parentPath, entry.name), anHourAgo, anHourAgo);
}

async function writePoints(folder: string, shape: LaneShape, destination: string): Promise<string> {
  const pipeline = path.join(folder, 'points');
  await mkdir(path.join(pipeline, 'data'), { recursive: true });
  await mkdir(path.join(pipeline, 'models'));
  const target =
    shape.destination === 'sqlite'
      ? `{ type: sqlite, path: ${destination} }`
      : `{ type: files, path: ${destination}, format: ${shape.destination} }`;
  const declared = `name: points
sources:
  points:
    type: csv
    path: data/points.csv
    tables: { points: { columns: { id: { type: integer, required: true }, amount: { type: integer } } } }
batch: { rows: ${shape.batchRows} }
rejects: { max_ratio: 1 }
models:
  kept: { load: append }
  totals: { load: ${shape.destination === 'sqlite' ? '{ merge: [digit] }' : 'append'} }
destination: ${target}
`;
  await writeFile(path.join(pipeline, 'pipeline.yml'), declared);
  await writeFile(path.join(pipeline, 'models/kept.sql'), 'SELECT id, amount FROM points\n');
  await writeFile(
    path.join(pipeline, 'models/totals.sql'),
    'SELECT id % 10 AS digit, CAST(sum(amount) AS BIGINT) AS total FROM points GROUP BY 1\n',
  );
  const lines = Array.from({ length: shape.records }, (_, id) => `${id},${isRejected(id) ? 'none' : id * 7}`);
  await writeFile(path.join(pipeline, 'data/points.csv'), `id,amount\n${lines.join('\n')}\n`);
  return pipeline;
}

function isRejected(id: number): boolean {
  return id % 10 === 3;
}

/** What a run publishes, worked out from the numbers alone. */
export function expectedRows({ records }: LaneShape): { kept: number[][]; totals: number[][] } {
  const ids = Array.from({ length: records }, (_, id) => id).filter((id) => !isRejected(id));
  const totals = new Map<number, number>();
  for (const id of ids) totals.set(id % 10, (totals.get(id % 10) ?? 0) + id * 7);
  return {
    kept: ids.map((id) => [id, id * 7]),
    totals: [...totals].sort(([one], [two]) => one - two),
  };
}

/** Requests a run and does its messages until one of that task comes, which it leaves undone; or all of them. */
async function advance(
  home: string,
  pipeline: string,
  task: string | null,
): Promise<{ run: string; message: Message | null }> {
  const { tools, messages } = await openTools(home);
  const deployed = await deployFolder(tools.bucket, pipeline);
  const { run } = await requestRun(tools.bucket, tools.queue, {
    ...deployed,
    trigger: 'cli',
    key: null,
    full: true,
  });
  for (let next = messages.shift(); next !== undefined; next = messages.shift()) {
    if (task !== null && next.type === 'task_ready' && next.task.startsWith(task))
      return { run, message: next };
    await doMessage(tools, next, 'a0000000');
  }
  return { run, message: null };
}
