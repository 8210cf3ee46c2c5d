import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';

import type { ExpectedTable } from '../../support/published.ts';
import { ROOT } from '../../support/test-stack.ts';

const run = promisify(execFile);

export const TABLES = ['customer_value', 'daily_revenue', 'product_performance'] as const;

export interface DatasetShape {
  readonly seed: number;
  readonly orders: number;
  readonly files: number;
  readonly format: 'lines' | 'array';
  readonly gzip: boolean;
  /** Of each batch. */
  readonly batchRows: number;
}

export interface ExpectedReject {
  readonly file: string;
  readonly line: number | null;
  readonly record_number: number;
  readonly byte_offset: number;
  readonly reason: string;
}

/** What a script in another language made of the same files. */
export interface Expected {
  readonly tables: ReadonlyMap<string, ExpectedTable>;
  readonly rejects: readonly ExpectedReject[];
  /** Records in the order files, good and bad. */
  readonly records: number;
}

export interface Dataset {
  /** A pipeline with its data; to be copied, not used. */
  readonly pipeline: string;
  /** Order files as they are after a change, by name: the second version of the same data. */
  readonly changed: ReadonlyMap<string, Buffer>;
  readonly before: Expected;
  readonly after: Expected;
}

/** Makes a storefront with bad records, in two versions, and has both computed by the oracle. */
export async function makeDataset(folder: string, shape: DatasetShape): Promise<Dataset> {
  const pipeline = path.join(folder, 'storefront');
  await copyPipeline(pipeline, shape);
  const data = path.join(pipeline, 'data');
  await generateStorefront({ ...shape, dir: data, badRatio: 0.03 });
  const second = path.join(folder, 'after');
  await cp(data, second, { recursive: true });
  const changed = await changeOrders(second, shape);
  return {
    pipeline,
    changed,
    before: await expect(data, path.join(folder, 'expected-before')),
    after: await expect(second, path.join(folder, 'expected-after')),
  };
}

async function copyPipeline(pipeline: string, { gzip, batchRows }: DatasetShape): Promise<void> {
  await cp(path.join(ROOT, 'pipelines/storefront'), pipeline, {
    recursive: true,
    filter: (file) => !/\/data$|[.]db/.test(file),
  });
  const file = path.join(pipeline, 'pipeline.yml');
  const text = (await readFile(file, 'utf8'))
    .replace('data/orders/*.json', `data/orders/*.json${gzip ? '.gz' : ''}`)
    .replace('max_ratio: 0.05', 'max_ratio: 0.5');
  await writeFile(file, `${text}\nbatch: { rows: ${batchRows} }\n`);
}

/** The first file gets the orders of the last one again, under other ids: as an export that was written anew. */
async function changeOrders(data: string, { gzip }: DatasetShape): Promise<Map<string, Buffer>> {
  const orders = path.join(data, 'orders');
  const names = (await readdir(orders)).sort();
  const [first, last] = [names[0], names.at(-1)];
  if (gzip || first === undefined || last === undefined) return new Map();
  const text = await readFile(path.join(orders, last), 'latin1');
  const again = text.replaceAll(/"order_id":"SF-/g, '"order_id":"SG-');
  const changed = Buffer.from(again, 'latin1');
  await writeFile(path.join(orders, first), changed);
  return new Map([[first, changed]]);
}

async function expect(data: string, folder: string): Promise<Expected> {
  await mkdir(folder, { recursive: true });
  const script = path.join(ROOT, 'tests/oracle/storefront.py');
  const { stdout } = await run('python3', [script, data, folder, '--without-ledger']);
  const read = async (name: string) =>
    JSON.parse(await readFile(path.join(folder, `${name}.json`), 'utf8')) as unknown;
  const tables = new Map<string, ExpectedTable>();
  for (const table of TABLES) tables.set(table, (await read(table)) as ExpectedTable);
  const rejects = (await read('rejects')) as ExpectedReject[];
  const accepted = Number(/^(\d+) orders accepted/m.exec(stdout)?.[1]);
  return { tables, rejects, records: accepted + rejects.length };
}
