import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { runModelTests } from './run-model-tests.ts';

const FILES = {
  'pipeline.yml': `name: shop
sources:
  orders:
    type: csv
    path: data/not-there.csv
    tables:
      orders:
        columns:
          id: { type: integer }
          customer: { type: text }
          status: { type: text }
          total: { type: 'decimal(18,2)' }
          weight: { type: double }
models:
  revenue: { load: replace }
destination: { type: sqlite, path: out.db }
`,
  'models/paid.sql': "SELECT * FROM Orders WHERE status = 'paid'; -- cancelled ones are no revenue",
  'models/revenue.sql': `SELECT customer, sum(total) AS revenue, sum(weight) AS weight, list(id ORDER BY id) AS ids
FROM paid
GROUP BY customer
ORDER BY customer DESC`,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-test-'));
  for (const [name, text] of Object.entries(FILES)) await write(name, text);
});
afterEach(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), text);
}

async function outcome(body: string) {
  await write('tests/revenue.yml', `model: revenue\ntests:\n  it:\n${body.replaceAll(/^/gm, '    ')}`);
  const [ended] = await runModelTests(folder, null);
  return { differences: ended?.result?.differences, error: ended?.error };
}

const PAID = `
  - { id: 1, customer: ann, status: paid, total: 10.00, weight: 0.1 }
  - { id: 2, customer: ann, status: paid, total: 0.5, weight: 0.2 }
  - { id: 3, customer: bob, status: cancelled, total: 99 }`;

test('models between the given rows and the tested model are computed, in the types of the pipeline', async () => {
  const expected = '- { customer: ann, revenue: 10.5, weight: 0.3, ids: [1, 2] }';
  expect(await outcome(`given:\n  orders:${PAID}\nexpect:\n  ${expected}`)).toEqual({
    differences: [],
    error: null,
  });
});

test('a model whose rows are given is not computed, and only columns that are named are compared', async () => {
  const rows = 'given:\n  paid:\n    - { customer: ann }\n    - { customer: bob }\n';
  const expected = (ordered: boolean) =>
    `ordered: ${ordered}\nexpect: [{ customer: ann }, { customer: bob }]`;
  expect((await outcome(rows + expected(false))).differences).toEqual([]);
  expect((await outcome(rows + expected(true))).differences).toHaveLength(2);
});

test('a row that was not expected fails the test', async () => {
  const { differences } = await outcome(`given:\n  orders:${PAID}\nexpect: []`);
  expect(differences).toEqual([{ expected: null, found: ['ann', '10.50', '0.3', '[1, 2]'], columns: [] }]);
});

test.each([
  ['given: {}\nexpect: []', 'tests/revenue.yml:3', "Model 'paid' reads 'orders'"],
  ['given: { paid: [], ordres: [] }\nexpect: []', 'tests/revenue.yml:4', "'ordres' is given"],
  ['given: { paid: [{ totl: 1 }] }\nexpect: []', 'tests/revenue.yml:4', "Did you mean 'total'?"],
  ['given: { paid: [{ total: 1.005 }] }\nexpect: []', 'tests/revenue.yml:4', "'1.005' is not a value of"],
  ['given: { paid: [{ weight: heavy }] }\nexpect: []', 'tests/revenue.yml:4', "'heavy' is not a value of"],
  ['given: { paid: [] }\nexpect: [{ ids: 7 }]', 'tests/revenue.yml:5', "'7' is not a value of 'ids'"],
])('a mistake in a test names its line: %j', async (body, where, message) => {
  const { error } = await outcome(body);
  expect(error).toMatchObject({ code: 'pipeline_invalid', where });
  expect(error?.message).toContain(message);
});

test('a model that fails on the rows fails its test, with the place in its SQL', async () => {
  await write('models/paid.sql', 'SELECT *, customer::INTEGER AS number\nFROM orders');
  const { error } = await outcome('given:\n  orders: [{ customer: ann }]\nexpect: []');
  expect(error).toMatchObject({ code: 'model_failed', where: 'models/paid.sql:1:19' });
});

test('tests of an unknown model, and no tests at all, are errors', async () => {
  await expect(runModelTests(folder, null)).rejects.toMatchObject({ code: 'pipeline_invalid' });
  await write('tests/a.yml', 'model: revenu\ntests: { it: { given: {}, expect: [] } }');
  await expect(runModelTests(folder, null)).rejects.toMatchObject({
    message: "There is no model 'revenu' to test. Did you mean 'revenue'?",
    where: 'tests/a.yml',
  });
});
