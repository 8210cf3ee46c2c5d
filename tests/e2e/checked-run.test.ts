import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { queryRows } from '../support/published.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

type Json = Record<string, unknown>;

/** Takes every notice and never answers: the runs must not mind. */
const notices: Json[] = [];
let receiver: Server;
let stack: TestStack;
let pipeline: string;
let events: string;

beforeAll(async () => {
  receiver = createServer((request) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => notices.push(JSON.parse(body) as Json));
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  stack = await startTestStack([]);
  events = path.join(stack.folder, 'events.ndjson');
  const settings = { MILLRACE_EVENTS: events, MILLRACE_WEBHOOK: `http://127.0.0.1:${port}/` };
  for (const service of ['extractor', 'transformer', 'loader'] as const) await stack.start(service, settings);
  pipeline = path.join(stack.folder, 'shop');
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await writeFile(
    path.join(pipeline, 'models/by_customer.sql'),
    'SELECT customer, count(*) AS orders, sum(total) AS total FROM orders JOIN customers USING (customer) GROUP BY ALL\n',
  );
  const db = new Database(path.join(pipeline, 'shop.db'));
  db.exec(
    "CREATE TABLE customers (customer TEXT, city TEXT); INSERT INTO customers (rowid, customer, city) VALUES (5, 'a', 'A'), (9, 'b', 'B')",
  );
  db.close();
});

afterAll(async () => {
  await stack.stop();
  receiver.closeAllConnections();
  receiver.close();
});

async function declare(maximum: number): Promise<void> {
  await writeFile(
    path.join(pipeline, 'pipeline.yml'),
    `name: shop
sources:
  orders:
    type: json
    path: orders.json
    tables:
      orders:
        key: [order_id]
        columns:
          order_id: { type: integer, required: true }
          customer: { type: text, required: true }
          total: { type: "decimal(20,2)", required: true }
      items:
        each: items
        columns:
          order_id: { type: integer, from: ^order_id, required: true }
          sku: { type: text, required: true }
  shop: { type: sqlite, path: shop.db, tables: { customers: {} } }
rejects: { max_ratio: 0.5 }
models: { by_customer: { load: append } }
checks:
  orders: [ { range: { column: total, max: ${maximum} } } ]
  items: [ { accepted_values: { column: sku, values: [s0] }, severity: warn } ]
destination: { type: sqlite, path: out.db }
`,
  );
}

/** Ten orders, of which the fourth is refused; the sixth has an item that no check likes. */
async function writeOrders(): Promise<void> {
  const lines = Array.from({ length: 10 }, (_, index) => {
    const items = index === 5 ? [{ sku: 's0' }, { sku: 's9' }] : [{ sku: 's0' }];
    const total = index === 3 ? 'bad' : index + 0.5;
    return JSON.stringify({ order_id: index, customer: index % 2 === 0 ? 'a' : 'b', total, items });
  });
  await writeFile(path.join(pipeline, 'orders.json'), `${lines.join('\n')}\n`);
}

async function ask(...args: string[]): Promise<Json> {
  const { stdout, stderr, code } = await stack.cli(...args, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Json;
}

async function run(): Promise<{ code: number | null; run: string }> {
  const result = await stack.cli('run', pipeline, '--wait', '--json');
  return { code: result.code, run: (JSON.parse(result.stdout) as Json)['run'] as string };
}

async function readEvents(): Promise<Json[]> {
  const text = await readFile(events, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
}

/** `FAIL shop.check-orders` and so on, of the runs so far. */
async function told(): Promise<string[]> {
  return (await readEvents()).map(
    ({ eventType, job }) => `${String(eventType)} ${String((job as Json)['name'])}`,
  );
}

it('a run that failed is shown with the records of its bad rows, asked, traced and told of; the next recovers', async () => {
  await declare(8);
  await writeOrders();
  const failed = await run();
  expect(failed.code).toBe(1);

  const { counts, checks } = await ask('checks', failed.run);
  expect(counts).toMatchObject({ failed: 1 });
  expect((checks as Json[])[0]).toMatchObject({
    table: 'orders',
    status: 'error',
    bad_rows: 2,
    rows: 9,
    failing_rows: [
      { file: 'orders.json', record_number: 9, row: { order_id: 8, total: '8.50' } },
      { file: 'orders.json', record_number: 10, row: { order_id: 9, total: '9.50' } },
    ],
  });
  const database = path.join(pipeline, 'out.db');
  expect(
    // Of the other check there are bad rows too, if it was evaluated before the run ended.
    queryRows(
      database,
      "SELECT source_file, record_number FROM _millrace_failures WHERE check_id LIKE 'orders%' ORDER BY number",
    ),
  ).toEqual([
    { source_file: 'orders.json', record_number: 9 },
    { source_file: 'orders.json', record_number: 10 },
  ]);

  expect((await ask('query', '--run', failed.run, 'SELECT count(*) AS n FROM orders'))['rows']).toEqual([
    { n: 9 },
  ]);
  const unmade = await stack.cli('query', '--run', failed.run, 'FROM by_customer', '--json');
  expect(unmade.stderr).toContain('model-by_customer');

  await until(() => Promise.resolve(notices.length > 0), 'the webhook is told of the failure');
  expect(notices[0]).toMatchObject({ event: 'run_failed', run: failed.run, error: { code: 'check_failed' } });
  expect(JSON.stringify(notices)).not.toContain('8.50');
  expect(await told()).toEqual(expect.arrayContaining(['START shop', 'FAIL shop.check-orders', 'FAIL shop']));

  await declare(10);
  const published = await run();
  expect(published.code).toBe(0);
  const warned = (await ask('checks', published.run))['checks'] as Json[];
  expect(warned[0]).toMatchObject({
    table: 'items',
    status: 'warn',
    failing_rows: [{ file: 'orders.json', record_number: 6, row: { order_id: 5, sku: 's9' } }],
  });
  const traced = await ask('trace', 'by_customer', '--where', "customer = 'b'");
  expect(traced).toMatchObject({
    run: published.run,
    model: { file: 'models/by_customer.sql', reads: ['customers', 'orders'] },
    rows: [{ row: { customer: 'b', orders: 4 } }],
    inputs: [
      { table: 'orders', records: [{ file: 'orders.json', first: 1, last: 10 }] },
      { table: 'customers' },
    ],
  });
  const customer = await ask('trace', 'customers', '--where', "customer = 'b'");
  expect(customer['rows']).toMatchObject([{ file: 'shop.db', record_number: 9 }]);
  const [orders] = traced['input_rows'] as Json[];
  expect((orders?.['rows'] as Json[]).map((row) => row['record_number'])).toEqual([2, 6, 8, 10]);

  await until(
    () => Promise.resolve(notices.some(({ event }) => event === 'run_recovered')),
    'it is told of the recovery',
  );
  expect(notices.at(-1)).toMatchObject({ run: published.run, failed_run: failed.run });
  await until(
    async () => (await told()).includes('COMPLETE shop'),
    'the event of the published run is written',
  );
  expect(await told()).toEqual(
    expect.arrayContaining([
      'START shop.model-by_customer',
      'COMPLETE shop.model-by_customer',
      'COMPLETE shop.check-orders',
    ]),
  );
});
