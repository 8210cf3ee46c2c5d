import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createExtractHandler, type ExtractOptions } from '@millrace/extractor/dist/handle-extract.js';
import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { openEngine, type Engine } from '@millrace/shared/adapters/duckdb';
import type { StoredValue } from '@millrace/shared/adapters/parquet-columns';
import { readRejects, streamRows } from '@millrace/shared/adapters/parquet-reader';
import { readPipelineFolder } from '@millrace/shared/adapters/pipeline-folder';
import { readPlan } from '@millrace/shared/contracts/plan-v1';
import { writeJson } from '@millrace/shared/contracts/read-json';
import type { BatchReference } from '@millrace/shared/core/batch';
import { extractImbalances } from '@millrace/shared/core/conservation';
import type { FileCounts, Manifest, TaskResult } from '@millrace/shared/core/manifest';
import type { SourceType } from '@millrace/shared/core/pipeline';
import type { Plan } from '@millrace/shared/core/plan';
import type { Reject } from '@millrace/shared/core/reject';
import type { ExtractTask } from '@millrace/shared/core/task';
import type { Bucket } from '@millrace/shared/ports/bucket';
import { readConfig } from '@millrace/shared/runtime/config';
import { bundleHash } from '@millrace/shared/runtime/deploy';
import type { ServiceTools } from '@millrace/shared/runtime/service-tools';
import { makeManifest, makeRequest } from '@millrace/shared/testing/make-plan';
import { planRun } from '@millrace/sources/plan/run-planner';

export type Row = Readonly<Record<string, StoredValue>>;

export interface ExtractedFolder {
  readonly plan: Plan;
  /** Rows of each staged table, in the order of tasks and batches. */
  readonly tables: Readonly<Record<string, readonly Row[]>>;
  /** In the order in which they were found. */
  readonly rejects: readonly Reject[];
  /** Counts of each file that was read, by the name people are shown; a file of several tasks is summed up. */
  readonly files: Readonly<Record<string, Omit<FileCounts, 'input'>>>;
  readonly manifests: readonly Manifest[];
}

/**
 * Plans a pipeline folder and does its extract tasks one after the other, with the planner and the handler of the real
 * services but without Redis and processes. Throws what would end the run; counts that do not add up throw too.
 */
export async function extractFolder(folder: string, options?: ExtractOptions): Promise<ExtractedFolder> {
  const home = await mkdtemp(path.join(tmpdir(), 'millrace-extract-'));
  const engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
  try {
    const bucket = await openFolderBucket(path.join(home, 'bucket'));
    const plan = await planFolder(folder);
    const tasks = plan.tasks.filter((task) => task.kind === 'extract');
    const manifests: Manifest[] = [];
    for (const task of tasks) manifests.push(await extractTask(plan, task, { bucket, home, options }));
    const imbalances = manifests.flatMap((manifest) => extractImbalances(plan, manifest));
    if (imbalances.length > 0) throw new Error(`Counts disagree: ${imbalances.join('; ')}`);
    const tables: Record<string, Row[]> = {};
    for (const { name } of plan.tables) {
      const outputs = manifests.flatMap((manifest) => manifest.outputs).filter(({ table }) => table === name);
      tables[name] = await readRows(
        engine,
        bucket,
        outputs.flatMap(({ batches }) => batches),
      );
    }
    const rejected = manifests.flatMap((manifest) => manifest.extracted?.rejects.batches ?? []);
    const rejects = await readRejects(engine, await openAll(bucket, rejected), { limit: 1_000_000 });
    return { plan, tables, rejects, files: countFiles(plan, manifests), manifests };
  } finally {
    await engine.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** The plan as a worker would read it from the bucket. */
export async function planFolder(folder: string): Promise<Plan> {
  const bundle = await readPipelineFolder(folder);
  const plan = await planRun({
    bundle,
    bundleHash: bundleHash(bundle),
    run: '20261122T060000-00000000',
    plannedAt: '2026-11-22T06:00:00.000Z',
  });
  return readPlan(writeJson(plan), 'plan.json');
}

interface Surroundings {
  readonly bucket: Bucket;
  readonly home: string;
  readonly options: ExtractOptions | undefined;
}

async function extractTask(
  plan: Plan,
  task: ExtractTask,
  { bucket, home, options }: Surroundings,
): Promise<Manifest> {
  const tools = { config: readConfig({ MILLRACE_HOME: home }) } as ServiceTools;
  const handle = createExtractHandler(tools, options);
  const result: TaskResult = await handle({
    plan,
    task,
    request: makeRequest(plan),
    inputs: new Map(),
    bucket,
    attempt: 'a1b2c3d4',
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return makeManifest(plan, task.id, result);
}

async function readRows(engine: Engine, bucket: Bucket, batches: readonly BatchReference[]): Promise<Row[]> {
  const stream = await streamRows(engine, await openAll(bucket, batches), { rowsPerChunk: 2000 });
  const rows: Row[] = [];
  for await (const { columns, rowCount } of stream) {
    for (let row = 0; row < rowCount; row += 1) {
      rows.push(
        Object.fromEntries(stream.schema.map(({ name }, index) => [name, columns[index]?.[row] ?? null])),
      );
    }
  }
  return rows;
}

async function openAll(bucket: Bucket, batches: readonly BatchReference[]): Promise<string[]> {
  const paths: string[] = [];
  for (const batch of batches) paths.push(await bucket.open(batch));
  return paths;
}

function countFiles(plan: Plan, manifests: readonly Manifest[]): ExtractedFolder['files'] {
  const files: Record<string, Omit<FileCounts, 'input'>> = {};
  for (const { input, ...counts } of manifests.flatMap((manifest) => manifest.extracted?.files ?? [])) {
    const name = plan.inputs[input]?.name ?? String(input);
    const known = files[name] ?? { seen: 0, accepted: 0, rejected: 0, blank: 0 };
    files[name] = {
      seen: known.seen + counts.seen,
      accepted: known.accepted + counts.accepted,
      rejected: known.rejected + counts.rejected,
      blank: known.blank + counts.blank,
    };
  }
  return files;
}

/** Extracts a folder that is made for it and removed again. */
export async function extractContent(
  content: FolderContent,
  options?: ExtractOptions,
): Promise<ExtractedFolder> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-case-')));
  try {
    return await extractFolder(await writePipeline(folder, content), options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What becomes of one file: a source `data` of one table `data`, whose columns are inferred unless they are given. */
export function extractFile(
  type: SourceType,
  name: string,
  bytes: string | Uint8Array,
  {
    columns,
    ...keys
  }: { readonly columns?: Readonly<Record<string, unknown>> } & Record<string, unknown> = {},
): Promise<ExtractedFolder> {
  const table = columns === undefined ? {} : { columns };
  return extractContent({
    sources: { data: { type, path: name, tables: { data: table }, ...keys } },
    files: { [name]: bytes },
  });
}

export interface FolderContent {
  /** What stands under `sources:`, as JSON has it, which is YAML too. */
  readonly sources: Readonly<Record<string, unknown>>;
  /** Files beside `pipeline.yml`, by relative path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Other keys at the top of `pipeline.yml`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Writes a pipeline folder whose sources are as given; one model, which nothing reads, is there because one must be. */
export async function writePipeline(folder: string, content: FolderContent): Promise<string> {
  const declared = {
    name: 'case',
    sources: content.sources,
    models: { made: { load: 'append' } },
    destination: { type: 'sqlite', path: 'out.db' },
    ...content.settings,
  };
  const files = {
    ...content.files,
    'pipeline.yml': JSON.stringify(declared, null, 2),
    'models/made.sql': 'SELECT 1 AS one\n',
  };
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), bytes);
  }
  return folder;
}
