import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { queryRow } from '../support/published.ts';
import { ROOT, startTestStack, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;
let pipeline: string;
beforeAll(async () => {
  stack = await startTestStack();
  pipeline = path.join(stack.folder, 'bakery');
  await cp(path.join(ROOT, 'pipelines/bakery'), pipeline, {
    recursive: true,
    filter: (file) => !file.includes('final_analytics'),
  });
});
afterAll(() => stack.stop());

interface TestsReport {
  readonly status: string;
  readonly tests: readonly { readonly model: string; readonly duration_ms: number }[];
}

const published = (sql: string) => queryRow(path.join(pipeline, 'final_analytics.db'), sql);
const totals = () =>
  published(`SELECT count(*) AS orders, count(DISTINCT order_id) AS different,
    round(sum(revenue), 2) AS revenue, round(sum(paid), 2) AS paid, (SELECT count(*) FROM _millrace_loads) AS loads FROM orders`);

/** Sums of the exports, without SQL: prices of completed orders, each once, and all payments that can be read. */
async function expected() {
  const read = async (name: string) =>
    (await readFile(path.join(pipeline, 'data', name), 'utf8')).trim().split('\n');
  const products = (await read('products.csv')).slice(1).map((line) => line.split(';'));
  const prices = new Map(products.map(([sku, , , price]) => [sku, Number(price)]));
  type Order = { id: string; status: string; items: { sku: string; quantity: number | string }[] };
  const lines = (await read('orders.jsonl')).map((line) => JSON.parse(line) as Order);
  const readable = lines.filter(({ items }) => items.every(({ quantity }) => typeof quantity === 'number'));
  const orders = [...new Map(readable.map((order) => [order.id, order])).values()];
  const items = orders.filter(({ status }) => /^completed$/i.test(status)).flatMap((order) => order.items);
  const cents = items.reduce((sum, { sku, quantity }) => sum + (prices.get(sku) ?? 0) * Number(quantity), 0);
  const amounts = (await read('payments.csv')).slice(1).map((line) => line.split(',')[3] ?? '');
  const paid = amounts
    .filter((amount) => /^-?\d+$/.test(amount))
    .reduce((sum, amount) => sum + Number(amount), 0);
  return { orders: orders.length, different: orders.length, revenue: cents / 100, paid: paid / 100 };
}

it('has a test of every model', async () => {
  const { code, stdout } = await stack.cli('test', pipeline, '--json');
  const report = JSON.parse(stdout) as TestsReport;
  const models = (await readdir(path.join(pipeline, 'models'))).map((file) => file.replace('.sql', ''));
  expect({ code, status: report.status }).toEqual({ code: 0, status: 'passed' });
  expect([...new Set(report.tests.map(({ model }) => model))].sort()).toEqual(models.sort());
});

it('fails its tests when a model is wrong, and says in which column', async () => {
  const file = path.join(pipeline, 'models/orders.sql');
  const right = await readFile(file, 'utf8');
  await writeFile(
    file,
    right.replace("WHEN o.status = 'completed' THEN coalesce(a.amount", 'WHEN true THEN coalesce(a.amount'),
  );
  const { code, stdout, stderr } = await stack.cli('test', pipeline, '--model', 'orders');
  await writeFile(file, right);
  expect(code).toBe(1);
  expect(stdout).toMatch(/\+ {2}B-2 .* revenue$/m);
  expect(stderr).toContain('test_failed');
});

it('publishes what its exports add up to, and nothing when a completed order is not paid', async () => {
  const first = await stack.cli('run', pipeline, '--wait', '--json');
  expect(first.code).toBe(0);
  expect(totals()).toMatchObject(await expected());
  const before = totals();

  const payments = path.join(pipeline, 'data/payments.csv');
  const lines = (await readFile(payments, 'utf8')).split('\n');
  await writeFile(payments, lines.filter((line) => !line.includes(',B-1001,')).join('\n'));
  const second = await stack.cli('run', pipeline, '--wait', '--json');
  expect(second.code).toBe(1);
  expect(second.stderr).toContain('check_failed');
  expect(second.stderr).toContain('B-1001');
  expect(totals()).toEqual(before);
});
