import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { openEngine } from '@millrace/shared/adapters/duckdb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { queryRow, queryRows } from '../support/published.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

const EVENTS = 1050;

/** Compressed JSON, CSV and Parquet in one pipeline, with tiny batches, to every kind of table and destination. */
const PIPELINE = `name: formats
sources:
  events:
    type: json
    path: data/events.json.zst
    tables:
      events:
        columns:
          id: { type: integer, required: true }
          device: { type: text, from: origin.device }
          price: { type: "decimal(10,2)" }
          seen_at: { type: timestamp, from: at, format: epoch_ms }
      tags:
        each: origin.tags
        columns:
          event_id: { type: integer, from: ^id }
          position: { type: integer, from: $index }
          tag: { type: text, from: name }
  devices:
    type: csv
    path: data/devices.csv
    tables: { devices: {} }
  readings:
    type: parquet
    path: data/readings.parquet
    tables: { readings: {} }
batch: { rows: 100 }
models:
  device_totals: { load: { merge: [device] } }
  newest: { load: replace }
  all_events: { load: append }
destination:
  - { type: sqlite, path: out.db }
`;

let stack: TestStack;
let pipeline: string;
let database: string;

beforeAll(async () => {
  stack = await startTestStack();
  pipeline = path.join(stack.folder, 'formats');
  database = path.join(pipeline, 'out.db');
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await mkdir(path.join(pipeline, 'data'));
  await makeData(path.join(pipeline, 'data'));
  await writeFile(path.join(pipeline, 'pipeline.yml'), PIPELINE);
  const models: Record<string, string> = {
    device_totals: `SELECT d.device, d.label, count(e.id) AS events, CAST(sum(e.price) AS DECIMAL(12,2)) AS total, max(r.level) AS level
      FROM devices d LEFT JOIN events e USING (device) LEFT JOIN readings r USING (device) GROUP BY ALL`,
    newest:
      'SELECT id, seen_at, (SELECT count(*) FROM tags t WHERE t.event_id = e.id) AS tags FROM events e ORDER BY seen_at DESC LIMIT 5',
    all_events: 'SELECT * FROM events',
  };
  for (const [name, sql] of Object.entries(models))
    await writeFile(path.join(pipeline, `models/${name}.sql`), sql);
});
afterAll(() => stack.stop());

async function makeData(folder: string): Promise<void> {
  const engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
  const event = `SELECT i AS id, {'device': 'd' || (i % 3), 'tags': list_transform(range(i % 3), lambda t: {'name': 't' || t})} AS origin,
    i / 4 AS price, 1700000000000 + i * 1000 AS at FROM range(${EVENTS}) r(i)`;
  await engine.run(`COPY (${event}) TO '${folder}/events.json.zst' (FORMAT json, COMPRESSION zstd)`);
  await engine.run(
    `COPY (SELECT 'd' || i AS device, 0.5 * i AS level FROM range(3) r(i)) TO '${folder}/readings.parquet' (FORMAT parquet)`,
  );
  await engine.close();
  await writeFile(path.join(folder, 'devices.csv'), 'device;label\nd0;"Front; door"\nd1;Hall\nd2;\n');
}

const runPipeline = async () => {
  const { code, stdout, stderr } = await stack.cli('run', pipeline, '--wait', '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stack.store.load((JSON.parse(stdout) as { run: string }).run);
};

describe('one pipeline over every kind of file', () => {
  it('publishes what a bare query over the same data gives', async () => {
    await runPipeline();
    expect(
      queryRows(database, 'SELECT device, label, events, total, level FROM device_totals ORDER BY device'),
    ).toEqual([
      { device: 'd0', label: 'Front; door', events: 350, total: 45_806.25, level: 0 },
      { device: 'd1', label: 'Hall', events: 350, total: 45_893.75, level: 0.5 },
      { device: 'd2', label: null, events: 350, total: 45_981.25, level: 1 },
    ]);
    expect(queryRows(database, 'SELECT id, seen_at, tags FROM newest ORDER BY id DESC LIMIT 2')).toEqual([
      { id: 1049, seen_at: '2023-11-14 22:30:49', tags: 2 },
      { id: 1048, seen_at: '2023-11-14 22:30:48', tags: 1 },
    ]);
  });

  it('cuts batches of 100 rows, each an object of its own', async () => {
    const { manifests } = await runPipeline();
    const outputs = [...manifests.values()].flatMap((manifest) => manifest.outputs);
    const events = outputs.find(({ table }) => table === 'events');
    expect(events?.batches.map(({ rows }) => rows)).toEqual([...Array<number>(10).fill(100), 50]);
    expect(outputs.find(({ table }) => table === 'tags')?.rows).toBe(1050);
  });

  it('merges by key, replaces, and appends, over three runs', async () => {
    await writeFile(path.join(pipeline, 'data/devices.csv'), 'device;label\nd1;Hallway\nd9;New\n');
    await runPipeline();
    expect(queryRows(database, 'SELECT device, label FROM device_totals ORDER BY device')).toEqual([
      { device: 'd0', label: 'Front; door' },
      { device: 'd1', label: 'Hallway' },
      { device: 'd2', label: null },
      { device: 'd9', label: 'New' },
    ]);
    expect(queryRow(database, 'SELECT count(*) AS rows FROM newest')).toEqual({ rows: 5 });
    expect(
      queryRow(database, 'SELECT count(*) AS rows, count(DISTINCT _run_id) AS runs FROM all_events'),
    ).toEqual({
      rows: EVENTS * 3,
      runs: 3,
    });
  });

  it('publishes to files beside the database: a folder per run, and the newest as latest', async () => {
    const text = PIPELINE.replace('load: { merge: [device] }', 'load: append').replace(
      '- { type: sqlite, path: out.db }',
      '- { type: files, path: csv, format: csv }\n  - { type: files, path: parquet, format: parquet }',
    );
    await writeFile(path.join(pipeline, 'pipeline.yml'), text);
    const { request } = await runPipeline();
    for (const format of ['csv', 'parquet']) {
      const latest = await readdir(path.join(pipeline, format, 'latest'));
      expect(latest.sort()).toEqual([
        '_millrace.json',
        '_millrace_checks.json',
        `all_events.${format}`,
        `device_totals.${format}`,
        `newest.${format}`,
      ]);
      expect(await readdir(path.join(pipeline, format, 'runs'))).toEqual([request.run]);
    }
    const csv = await readFile(path.join(pipeline, 'csv/latest/device_totals.csv'), 'utf8');
    expect(csv.split('\n')[0]).toContain('device,label,events,total,level');
    expect(csv).toContain('d1,Hallway,350,45893.75,0.5');
  });
});
