import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { openEngine } from '@millrace/shared/adapters/duckdb';
import { readSchema, streamRows } from '@millrace/shared/adapters/parquet-reader';
import type { TypedRow } from '@millrace/shared/core/typed-cell';
import { createParquetBatches } from '@millrace/shared/adapters/parquet-writer';
import type { BatchReference, TableOutput } from '@millrace/shared/core/batch';
import { buildTasks } from '@millrace/shared/core/build-tasks';
import { duckdbType } from '@millrace/shared/core/column-type';
import type { Manifest, TaskResult } from '@millrace/shared/core/manifest';
import type { Plan, PlannedModel } from '@millrace/shared/core/plan';
import type { ModelTask } from '@millrace/shared/core/task';
import type { Bucket } from '@millrace/shared/ports/bucket';
import { makeColumn } from '@millrace/shared/testing/make-declarations';
import { makeManifest, makePlan, makeRequest } from '@millrace/shared/testing/make-plan';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { ModelOrder } from './contracts/model-order.ts';
import { handleModel } from './handle-model.ts';
import { runModel } from './run-model.ts';

const MEBIBYTE = 1024 * 1024;

let folder: string;
let bucket: Bucket;
let settings: ModelOrder['engine'];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'model-'));
  bucket = await openFolderBucket(path.join(folder, 'bucket'));
  settings = {
    memoryLimitBytes: 256 * MEBIBYTE,
    threads: 2,
    spillDir: path.join(folder, 'spill'),
  };
});
afterEach(() => rm(folder, { recursive: true }));

const ORDERS = [
  makeColumn('id', 'integer'),
  makeColumn('customer', 'text'),
  makeColumn('total', 'decimal(18,2)'),
];

/** A plan whose staged table `orders` is filled by `parts` extract tasks and read by one model. */
function planOf(model: Partial<PlannedModel> & { readonly sql: string }, parts = 1): Plan {
  const models = [
    {
      name: 'made',
      file: 'models/made.sql',
      dependsOn: ['orders'],
      load: { kind: 'append' } as const,
      ...model,
    },
  ];
  const destinations = [{ type: 'sqlite', path: '/nowhere.db' }] as const;
  const extracts = Array.from({ length: parts }, () => ({
    source: 'orders',
    tables: ['orders'],
    table: null,
    read: { kind: 'files', slices: [] } as const,
  }));
  const base = makePlan();
  const [orders] = base.tables;
  if (orders === undefined) throw new Error('no table');
  return {
    ...base,
    tables: [{ ...orders, name: 'orders', columns: ORDERS }],
    models,
    destinations,
    tasks: buildTasks(extracts, models, [], destinations),
  };
}

let series = 0;
async function stage(rows: readonly TypedRow[], rowsPerBatch = 1000): Promise<TableOutput> {
  series += 1;
  const name = `staged${series}`;
  const engine = await openEngine({ memoryLimitBytes: 256 * MEBIBYTE, threads: 1, spillDir: null });
  try {
    const writer = createParquetBatches({
      bucket,
      engine,
      columns: ORDERS,
      batch: { rows: rowsPerBatch, bytes: 1 << 25 },
      newKey: (index) => `${name}/${index}.parquet`,
    });
    await writer.append(rows);
    const written = await writer.finish();
    const columns = ORDERS.map(({ name: column, type }) => ({ name: column, type: duckdbType(type) }));
    return { table: 'orders', columns, ...written };
  } finally {
    await engine.close();
  }
}

const order = (id: number): TypedRow => [BigInt(id), `customer ${id % 10}`, BigInt(id * 100)];
const orders = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => order(from + index));

function contextOf(plan: Plan, manifests: readonly Manifest[], signal = new AbortController().signal) {
  const task = plan.tasks.find((candidate): candidate is ModelTask => candidate.kind === 'model');
  if (task === undefined) throw new Error('no model task');
  return {
    plan,
    task,
    inputs: new Map(manifests.map((manifest) => [manifest.task, manifest])),
    request: makeRequest(plan),
    bucket,
    attempt: 'a1b2c3d4',
    signal,
    onProgress: () => undefined,
  } as const;
}

/** Runs the plan's model over orders, one output per extract task. */
async function run(plan: Plan, outputs: readonly TableOutput[], signal?: AbortSignal): Promise<TaskResult> {
  const extracts = plan.tasks.filter((task) => task.kind === 'extract');
  const manifests = extracts.map((task, index) => {
    const output = outputs[index];
    return makeManifest(plan, task.id, output === undefined ? {} : { outputs: [output] });
  });
  return handleModel(contextOf(plan, manifests, signal), settings, runModel);
}

async function rowsOf(batches: readonly BatchReference[]): Promise<unknown[][]> {
  const engine = await openEngine({ memoryLimitBytes: 256 * MEBIBYTE, threads: 1, spillDir: null });
  try {
    const paths = await Promise.all(batches.map((batch) => bucket.open(batch)));
    const rows: unknown[][] = [];
    for await (const chunk of await streamRows(engine, paths, { rowsPerChunk: 2000 })) {
      for (let row = 0; row < chunk.rowCount; row += 1) rows.push(chunk.columns.map((values) => values[row]));
    }
    return rows;
  } finally {
    await engine.close();
  }
}

async function schemaOf(batches: readonly BatchReference[]) {
  const engine = await openEngine({ memoryLimitBytes: 256 * MEBIBYTE, threads: 1, spillDir: null });
  try {
    return await readSchema(engine, await Promise.all(batches.map((batch) => bucket.open(batch))));
  } finally {
    await engine.close();
  }
}

describe('a model', () => {
  test('gives its rows, in their order, in the types that its manifest says', async () => {
    const plan = planOf({
      sql: `-- revenue by customer
        SELECT customer, sum(id) AS ids, sum(total) AS revenue, max(id) % 2 = 0 AS even, [1] AS list
        FROM orders GROUP BY customer ORDER BY customer DESC LIMIT 3; -- done`,
    });
    const result = await run(plan, [await stage(orders(0, 2500))]);
    const [output] = result.outputs;
    expect(result).toMatchObject({ extracted: null, loaded: null });
    expect(output).toMatchObject({ table: 'made', rows: 3 });
    expect(output?.columns).toEqual([
      { name: 'customer', type: 'VARCHAR' },
      { name: 'ids', type: 'BIGINT' },
      { name: 'revenue', type: 'DECIMAL(38,2)' },
      { name: 'even', type: 'BOOLEAN' },
      { name: 'list', type: 'INTEGER[]' },
    ]);
    const batches = output?.batches ?? [];
    expect(batches.map(({ key }) => key)).toEqual([`runs/${plan.run}/modeled/made/a1b2c3d4.00000.parquet`]);
    expect(await schemaOf(batches)).toEqual(output?.columns);
    // 250 ids each: 9, 19 … 2499.
    expect(await rowsOf(batches)).toEqual([
      ['customer 9', 313500n, '313500.00', false, '[1]'],
      ['customer 8', 313250n, '313250.00', true, '[1]'],
      ['customer 7', 313000n, '313000.00', false, '[1]'],
    ]);
  });

  test('reads the batches of all tasks, in the order of the plan', async () => {
    const plan = planOf({ sql: 'SELECT id FROM orders' }, 3);
    const outputs = [await stage(orders(0, 2500)), await stage([]), await stage(orders(2500, 3000), 100)];
    const [output] = (await run(plan, outputs)).outputs;
    expect(await rowsOf(output?.batches ?? [])).toEqual(
      Array.from({ length: 3000 }, (_, index) => [BigInt(index)]),
    );
  });

  test('over an empty table, or without rows, has columns and no object', async () => {
    const plan = planOf({ sql: 'SELECT count(*) AS n, sum(total) AS total FROM orders' });
    const [counted] = (await run(plan, [await stage([])])).outputs;
    expect(await rowsOf(counted?.batches ?? [])).toEqual([[0n, null]]);
    const none = planOf({ sql: 'SELECT customer FROM orders WHERE false' });
    expect((await run(none, [await stage(orders(0, 10))])).outputs).toEqual([
      { table: 'made', columns: [{ name: 'customer', type: 'VARCHAR' }], batches: [], rows: 0 },
    ]);
    expect(await bucket.list(`runs/${plan.run}/modeled/made/`)).toHaveLength(1);
  });

  test('reads what another model made, also when that is nothing', async () => {
    const first = planOf({ sql: "SELECT sum(id) AS s, '[]'::JSON AS j FROM orders" });
    for (const where of ['', ' HAVING false']) {
      const plan: Plan = {
        ...first,
        models: first.models.flatMap((model) => [
          { ...model, sql: model.sql + where },
          { ...model, name: 'next', sql: 'SELECT s + 1 AS s, j FROM made', dependsOn: ['made'] },
        ]),
      };
      const tasks = buildTasks(
        [{ source: 'orders', tables: ['orders'], table: null, read: { kind: 'files', slices: [] } }],
        plan.models,
        [],
        plan.destinations,
      );
      const [extract, made, next] = tasks.filter(({ kind }) => kind !== 'check');
      if (extract === undefined || made === undefined || next?.kind !== 'model') throw new Error('tasks');
      const planned = { ...plan, tasks };
      const staged = makeManifest(planned, extract.id, { outputs: [await stage(orders(0, 10))] });
      const context = { ...contextOf(planned, [staged]), attempt: `a${where.length}` };
      const { outputs } = await handleModel(context, settings, runModel);
      const result = await handleModel(
        { ...context, task: next, inputs: new Map([[made.id, makeManifest(planned, made.id, { outputs })]]) },
        settings,
        runModel,
      );
      expect(result.outputs[0]?.columns).toEqual([
        { name: 's', type: 'BIGINT' },
        { name: 'j', type: 'JSON' },
      ]);
      expect(await rowsOf(result.outputs[0]?.batches ?? [])).toEqual(where === '' ? [[46n, '[]']] : []);
    }
  });

  test('larger than memory spills and gives the right rows', async () => {
    settings = { ...settings, memoryLimitBytes: 128 * MEBIBYTE };
    const plan = planOf({
      sql: `WITH wide AS (SELECT o.id * 2000 + r.i AS k, md5((o.id * 2000 + r.i)::VARCHAR) AS h FROM orders o, range(2000) r(i))
        SELECT count(*) AS n, sum(length(a.h)) AS letters, sum(b.k - a.k) AS zero FROM wide a JOIN wide b USING (h)`,
    });
    const running = run(plan, [await stage(orders(0, 1500))]);
    let spilled = false;
    const watching = new AbortController();
    void running.finally(() => watching.abort()).catch(() => undefined);
    while (!watching.signal.aborted) {
      const files = await readdir(path.join(folder, 'spill'), { recursive: true }).catch(() => []);
      spilled ||= files.some((file) => file.includes('duckdb_temp'));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const [output] = (await running).outputs;
    expect(await rowsOf(output?.batches ?? [])).toEqual([[3_000_000n, 96_000_000n, 0n]]);
    expect(spilled).toBe(true);
    expect(await readdir(path.join(folder, 'spill'))).toEqual([]);
  }, 60_000);
});

describe('a model that fails', () => {
  const failing = async (sql: string) => {
    const plan = planOf({ sql });
    const before = await stage(orders(0, 100));
    const error: unknown = await run(plan, [before]).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(await bucket.list(`runs/${plan.run}/modeled/made/`)).toEqual([]);
    const objects = await readdir(path.join(folder, 'bucket'), { recursive: true, withFileTypes: true });
    expect(objects.filter((entry) => entry.isFile() && entry.name.startsWith('.'))).toEqual([]);
    expect(await readdir(path.join(folder, 'spill'))).toEqual([]);
    return error;
  };

  test('says why, and the line, and leaves nothing behind', async () => {
    expect(await failing('SELECT id,\n  customer::INTEGER AS n\nFROM orders')).toMatchObject({
      code: 'model_failed',
      where: 'models/made.sql:2:11',
      message: expect.stringMatching(
        /Could not convert string 'customer \d' to INT32.*customer::INTEGER/s,
      ) as string,
    });
  });

  test('because a sum has more than 64 bits says what to do', async () => {
    expect(await failing('SELECT sum(9223372036854775807) AS big FROM orders')).toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('922337203685477580700') as string,
      hint: expect.stringContaining('decimal(38,0)') as string,
    });
  });

  test('for want of memory names the limit and the settings', async () => {
    settings = { ...settings, memoryLimitBytes: 64 * MEBIBYTE };
    expect(
      await failing("SELECT list(id || repeat('x', 100)) AS l FROM orders, range(100_000)"),
    ).toMatchObject({
      code: 'out_of_memory',
      where: 'models/made.sql',
      message: expect.stringMatching(/^Model 'made': The 64 MiB of memory/) as string,
      hint: expect.stringContaining('MILLRACE_MEMORY_MB') as string,
    });
  });
});

describe('what a model reads is what the manifests say', () => {
  const sql = 'SELECT id FROM orders';

  test('a changed object is refused', async () => {
    const output = await stage(orders(0, 100));
    const [batch] = output.batches;
    if (batch === undefined) throw new Error('no batch');
    await writeFile(path.join(folder, 'bucket', batch.key), 'x'.repeat(batch.bytes));
    await expect(run(planOf({ sql }), [output])).rejects.toMatchObject({ code: 'batch_corrupt' });
  });

  test('rows that objects do not have are missed', async () => {
    const output = await stage(orders(0, 100));
    await expect(run(planOf({ sql }), [{ ...output, rows: 101 }])).rejects.toMatchObject({
      code: 'conservation_broken',
      message: "Table 'orders' has 101 rows by its manifests, but 100 in its objects.",
    });
  });

  test('a task whose manifest does not mention the table is missed', async () => {
    await expect(run(planOf({ sql }, 2), [await stage(orders(0, 100))])).rejects.toMatchObject({
      code: 'conservation_broken',
    });
  });

  test('other columns than planned are refused, in the manifest and in the objects', async () => {
    const output = await stage(orders(0, 100));
    const plan = planOf({ sql });
    const retyped = {
      ...plan,
      tables: plan.tables.map((table) => ({
        ...table,
        columns: [makeColumn('id', 'text'), ...ORDERS.slice(1)],
      })),
    };
    await expect(run(retyped, [output])).rejects.toMatchObject({ code: 'schema_mismatch' });
    const claimed = output.columns.map((one) => (one.name === 'id' ? { ...one, type: 'VARCHAR' } : one));
    await expect(run(retyped, [{ ...output, columns: claimed }])).rejects.toMatchObject({
      code: 'schema_mismatch',
    });
  });
});

describe('a model of a forged plan can neither read nor write anything else', () => {
  test.each([
    ["SELECT content FROM read_text('/etc/passwd')"],
    ["SELECT * FROM '/etc/passwd'"],
    ["SELECT * FROM read_csv('/etc/passwd', header = false)"],
    ["SELECT * FROM '{other}'"],
    ["SELECT * FROM read_parquet('{other}')"],
    ["SELECT * FROM glob('/**')"],
    ["SELECT getenv('HOME') AS home"],
    ["SELECT current_setting('temp_directory') AS dir"],
    ['SELECT * FROM duckdb_settings()'],
    ['SELECT * FROM duckdb_views()'],
    ['SELECT * FROM duckdb_views'],
    ['SELECT * FROM information_schema.tables'],
    ["SELECT * FROM query('SELECT 1')"],
    ["COPY (SELECT 1) TO '{folder}/leak.csv'"],
    ["SELECT 1 AS a) TO '{folder}/leak.csv'; --"],
    ["SELECT 1 AS a; COPY (SELECT 1) TO '{folder}/leak.csv'"],
    ["ATTACH '{folder}/leak.db'"],
    ["ATTACH ':memory:' AS m"],
    ['PRAGMA enable_profiling'],
    ["CALL enable_logging(storage = 'file', storage_path = '{folder}/leak')"],
    ['INSTALL httpfs'],
    ['SET threads = 64'],
    ['CREATE TABLE t AS SELECT 1'],
    ["EXPORT DATABASE '{folder}/leak'"],
  ])('%s', async (template) => {
    const output = await stage(orders(0, 10));
    const other = (await stage(orders(0, 10))).batches[0]?.key ?? '';
    const sql = template.replace('{folder}', folder).replace('{other}', path.join(folder, 'bucket', other));
    await expect(run(planOf({ sql }), [output])).rejects.toMatchObject({ code: 'model_invalid' });
    expect((await readdir(folder)).toSorted()).toEqual(['bucket', 'spill']);
    expect(await readdir(path.join(folder, 'spill'))).toEqual([]);
  });
});
