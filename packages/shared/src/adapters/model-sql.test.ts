import { describe, expect, test } from 'vitest';

import type { Disposition, ModelDeclaration } from '../core/pipeline.ts';
import { makeColumn } from '../testing/make-declarations.ts';
import { compileModels } from './model-sql.ts';

const TABLES = [
  {
    name: 'orders',
    columns: [
      makeColumn('order_id', 'text'),
      makeColumn('customer_id', 'integer'),
      makeColumn('total', 'decimal(18,2)'),
      makeColumn('created_at', 'timestamp'),
    ],
  },
  { name: 'customers', columns: [makeColumn('customer_id', 'integer'), makeColumn('country', 'text')] },
];

function model(name: string, sql: string, load: Disposition | null = null): ModelDeclaration {
  return { name, sql, file: `models/${name}.sql`, load };
}

const compile = (...models: ModelDeclaration[]) => compileModels({ models, tables: TABLES });
const dependencies = async (sql: string) => (await compile(model('m', sql)))[0]?.model.dependsOn;

describe('dependencies', () => {
  test.each([
    ['SELECT 1 AS one', []],
    ['SELECT * FROM orders', ['orders']],
    ['FROM orders', ['orders']],
    ['TABLE orders;', ['orders']],
    [
      'SELECT order_id FROM ORDERS o JOIN "Customers" USING (customer_id) -- and; no more',
      ['orders', 'customers'],
    ],
    ['SELECT (SELECT max(country) FROM customers) AS c', ['customers']],
    [
      'SELECT total FROM orders WHERE customer_id IN (SELECT customer_id FROM customers)',
      ['orders', 'customers'],
    ],
    ['SELECT order_id AS x FROM orders UNION ALL (SELECT country FROM customers)', ['orders', 'customers']],
    ['SELECT x FROM orders, LATERAL (SELECT orders.total AS x FROM customers)', ['orders', 'customers']],
    ['SELECT total FROM orders ORDER BY (SELECT count(*) FROM customers)', ['orders', 'customers']],
    [
      'SELECT sum(total) OVER (ORDER BY (SELECT count(*) FROM customers)) AS s FROM orders',
      ['orders', 'customers'],
    ],
    ['SELECT * FROM (PIVOT orders ON customer_id IN (1, 2) USING sum(total))', ['orders']],
    ['SELECT i FROM range(3) t(i), generate_series(1, 2), unnest([1]) u(x)', []],
  ])('of %s', async (sql, expected) => {
    expect((await dependencies(sql))?.toSorted()).toEqual(expected.toSorted());
  });

  test.each([
    ['WITH o AS (SELECT * FROM orders) SELECT * FROM o', ['orders']],
    ['WITH o AS (SELECT * FROM orders), p AS (SELECT * FROM O) SELECT * FROM p', ['orders']],
    ['WITH customers AS (SELECT 1 AS a) SELECT * FROM customers', []],
    // Its own name inside a WITH that is not recursive is the table outside.
    ['WITH orders AS (SELECT * FROM orders) SELECT * FROM orders', ['orders']],
    ['WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 3) SELECT * FROM r', []],
    ['SELECT * FROM (WITH customers AS (SELECT 1 AS a) SELECT * FROM customers), customers c', ['customers']],
    ['WITH a AS (SELECT 1 AS x) SELECT * FROM orders WHERE customer_id IN (SELECT x FROM a)', ['orders']],
  ])('leave out the names of WITH where they hold: %s', async (sql, expected) => {
    expect(await dependencies(sql)).toEqual(expected);
  });

  test('put models in order, also when declared the other way round', async () => {
    const compiled = await compile(
      model('report', 'SELECT country, revenue FROM BEST JOIN customers USING (customer_id)'),
      model('best', 'SELECT customer_id, sum(total) AS revenue FROM orders GROUP BY ALL'),
    );
    expect(compiled.map(({ model: { name, dependsOn } }) => [name, dependsOn])).toEqual([
      ['best', ['orders']],
      ['report', ['best', 'customers']],
    ]);
    expect(compiled[1]?.columns).toEqual([
      { name: 'country', type: 'VARCHAR' },
      { name: 'revenue', type: 'DECIMAL(38,2)' },
    ]);
  });

  test('in a circle are an error with the circle and its files', async () => {
    await expect(
      compile(model('a', 'SELECT * FROM b'), model('b', 'SELECT * FROM orders, a')),
    ).rejects.toMatchObject({
      code: 'model_invalid',
      message: 'Models read each other in a circle: a -> b -> a.',
      where: 'models/a.sql, models/b.sql',
    });
  });
});

describe('columns', () => {
  test('are given in the types in which they are stored', async () => {
    const [compiled] = await compile(
      model(
        'm',
        `SELECT sum(customer_id) AS ids, count(*) AS n, sum(total) AS money, max(created_at) AS at,
          'a'::ENUM ('a', 'b') AS kind, NULL AS nothing, [sum(customer_id)] AS list,
          {'x y': sum(customer_id), 'b': 1} AS struct, '{}'::JSON AS json FROM orders`,
      ),
    );
    expect(compiled?.columns).toEqual([
      { name: 'ids', type: 'BIGINT' },
      { name: 'n', type: 'BIGINT' },
      { name: 'money', type: 'DECIMAL(38,2)' },
      { name: 'at', type: 'TIMESTAMP' },
      { name: 'kind', type: 'VARCHAR' },
      { name: 'nothing', type: 'INTEGER' },
      { name: 'list', type: 'BIGINT[]' },
      { name: 'struct', type: 'STRUCT("x y" BIGINT, "b" INTEGER)' },
      { name: 'json', type: 'JSON' },
    ]);
  });

  test('of a merge key must exist', async () => {
    const load: Disposition = { kind: 'merge', key: ['customer_id'] };
    const sql = 'SELECT customer_id, country FROM customers';
    expect((await compile(model('m', sql, load)))[0]?.model.load).toEqual(load);
    await expect(compile(model('m', sql, { kind: 'merge', key: ['costumer_id'] }))).rejects.toMatchObject({
      code: 'model_invalid',
      message: "Model 'm' is merged by 'costumer_id', but gives no such column. Did you mean 'customer_id'?",
      where: 'models/m.sql',
    });
  });
});

describe('a model that cannot be used says where', () => {
  test.each([
    [
      'a syntax error',
      'SELECT order_id\nFROM orders\nWHERE AND',
      ':3:7',
      /syntax error at or near "AND".*\n {2}3 \| WHERE AND\n {12}\^/,
    ],
    ['an end too early', 'SELECT 1 +\n', ':2:1', /syntax error at end of input/],
    ['nothing', '-- todo\n', '', /is empty/],
    ['two statements', 'SELECT 1 AS a;\nSELECT 2 AS b', ':2:8', /more than one statement/],
    ['a table being made', '-- x\nCREATE TABLE t AS SELECT 1', ':2:1', /is CREATE, not a SELECT/],
    ['a file being written', "COPY orders TO '/tmp/x'", ':1:1', /is COPY, not a SELECT/],
    ['a setting', 'SET threads = 1', ':1:1', /is SET, not a SELECT/],
    ['an ATTACH', "ATTACH '/tmp/x.db'", ':1:1', /is ATTACH, not a SELECT/],
    ['a PRAGMA', 'PRAGMA database_list', ':1:1', /is PRAGMA, not a SELECT/],
    ['an INSTALL', 'INSTALL httpfs', ':1:1', /is INSTALL, not a SELECT/],
    ['a PIVOT without values', 'PIVOT orders ON customer_id USING sum(total)', ':1:1', /PIVOT without IN/],
    ['a DESCRIBE', 'DESCRIBE orders', '', /DESCRIBE, SHOW or SUMMARIZE/],
    ['a SUMMARIZE in FROM', 'SELECT * FROM (SUMMARIZE orders)', '', /DESCRIBE, SHOW or SUMMARIZE/],
    ['an unknown table', 'SELECT *\nFROM order', ':2:6', /syntax error/],
    [
      'a misspelt table',
      "SELECT 'é'\nFROM oders",
      ':2:6',
      /reads 'oders', which is neither.*Did you mean 'orders'\?\n/,
    ],
    ['a schema', 'SELECT * FROM main.orders', ':1:15', /names 'main\.orders' with a schema/],
    ['the catalogue', 'SELECT * FROM information_schema.tables', ':1:15', /with a schema/],
    ["DuckDB's own tables", 'SELECT * FROM duckdb_settings', ':1:15', /neither a staged table nor a model/],
    ['a file as a table', "SELECT * FROM '/etc/passwd'", ':1:15', /reads the file '\/etc\/passwd'/],
    ['a file by its ending', "SELECT * FROM 'x.csv'", ':1:15', /reads the file/],
    ['read_csv', "SELECT * FROM read_csv('/etc/passwd')", ':1:15', /calls the table function 'read_csv'/],
    ['read_text in a subquery', "SELECT (SELECT content FROM read_text('x')) AS c", ':1:29', /'read_text'/],
    ['a qualified read_text', "SELECT * FROM system.main.read_text('x')", ':1:15', /'read_text'/],
    ['glob', "SELECT * FROM glob('*')", ':1:15', /'glob'/],
    ['settings', 'SELECT * FROM duckdb_settings()', ':1:15', /'duckdb_settings'/],
    ['a hidden query', "SELECT * FROM query('SELECT 1')", ':1:15', /'query'/],
    ['logging', "SELECT * FROM enable_logging('x')", ':1:15', /'enable_logging'/],
    ['one setting', "SELECT current_setting('temp_directory') AS s", ':1:8', /calls 'current_setting'/],
    ['the environment', "SELECT getenv('HOME') AS h", ':1:8', /calls 'getenv'/],
    ['an unknown column', 'SELECT order_id,\n  totl\nFROM orders', ':2:3', /"totl" not found.*\n.*"total"/],
    ['an unknown function', 'SELECT foo(order_id) AS x FROM orders', ':1:8', /foo does not exist/],
    ['types that do not fit', 'SELECT created_at\n  + total AS x FROM orders', ':2:3', /No function matches/],
    ['a missing GROUP BY', 'SELECT sum(total) AS s, order_id FROM orders', ':1:25', /GROUP BY/],
    ['a parameter', 'SELECT $1 AS a', '', /has a parameter/],
    [
      'two columns of a name',
      'SELECT order_id, 1 AS "ORDER_ID" FROM orders',
      '',
      /two columns named 'order_id' and 'ORDER_ID'/,
    ],
    [
      'a join of equal names',
      'SELECT * FROM orders o JOIN customers c ON o.customer_id = c.customer_id',
      '',
      /two columns named 'customer_id'/,
    ],
    [
      'a type that cannot be stored',
      'SELECT created_at - created_at AS gap FROM orders',
      '',
      /'gap'.*has the type INTERVAL/,
    ],
  ])('%s', async (_name, sql, place, message) => {
    await expect(compile(model('m', sql))).rejects.toMatchObject({
      code: 'model_invalid',
      where: `models/m.sql${place}`,
      message: expect.stringMatching(new RegExp(message.source, 's')) as string,
    });
  });

  test('and lists what there is', async () => {
    await expect(
      compile(model('a', 'SELECT 1 AS x'), model('b', 'SELECT * FROM nothing_like_it')),
    ).rejects.toMatchObject({ hint: 'Staged tables: orders, customers. Models: a, b.' });
  });
});

test('no models are fine', async () => {
  expect(await compileModels({ models: [], tables: TABLES })).toEqual([]);
});

test('computes nothing while planning', async () => {
  const [compiled] = await compile(model('m', "SELECT repeat('x', 3_000_000_000) AS x, 1 // 0 AS y"));
  expect(compiled?.columns.map(({ name }) => name)).toEqual(['x', 'y']);
});
