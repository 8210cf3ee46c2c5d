// The bare baseline: one process that does storefront's work with nothing around it. DuckDB reads, joins and
// aggregates with the models' own SQL; better-sqlite3 writes. No rejects, no manifests, no hashes, no checks.
//
//   node bench/peers/baseline.mjs <data folder> <target.db>
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';
import Database from 'better-sqlite3';

const MODELS = path.join(import.meta.dirname, '../../pipelines/storefront/models');
const SCHEMA = path.join(import.meta.dirname, 'schema.sql');
const RECORD = `{order_id: 'VARCHAR', customer_id: 'BIGINT', created_at: 'TIMESTAMPTZ', status: 'VARCHAR',
  channel: 'STRUCT(name VARCHAR, campaign VARCHAR)', currency: 'VARCHAR',
  shipping: 'STRUCT(country VARCHAR, city VARCHAR, cost DECIMAL(18,2))',
  items: 'STRUCT(product_id BIGINT, quantity BIGINT, unit_price DECIMAL(18,2), discount DECIMAL(18,2))[]'}`;
const SHOP = {
  customers: `{customer_id: 'BIGINT', name: 'VARCHAR', country: 'VARCHAR', segment: 'VARCHAR',
    signed_up_at: 'TIMESTAMPTZ', marketing_opt_in: 'BOOLEAN'}`,
  products: `{product_id: 'BIGINT', sku: 'VARCHAR', name: 'VARCHAR', category: 'VARCHAR', cost: 'DECIMAL(10,2)',
    list_price: 'DECIMAL(10,2)', active: 'BOOLEAN'}`,
};

const [data, target] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run("SET TimeZone = 'UTC'; SET preserve_insertion_order = false");
await readOrders();
await readShop();
await writeTables();

/** Once through the JSON, which costs most; the two tables are then made of what is in memory. */
async function readOrders() {
  const files = path.join(data, 'orders/*.json').replaceAll("'", "''");
  await connection.run(`
    CREATE TABLE records AS FROM read_json('${files}', format = 'newline_delimited', columns = ${RECORD});
    CREATE TABLE orders AS SELECT order_id, customer_id, created_at AT TIME ZONE 'UTC' AS created_at, status,
      channel.name AS channel, channel.campaign AS campaign, currency, shipping.country AS country, shipping.city AS city,
      shipping.cost AS shipping_cost FROM records;
    CREATE TABLE order_items AS SELECT order_id, unnest(items, recursive := true) FROM records;
    DROP TABLE records`);
}

/** As JSON, because DuckDB parses it faster than values can be handed over one by one. */
async function readShop() {
  const shop = new Database(path.join(data, 'shop.db'), { readonly: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'baseline-'));
  for (const [table, columns] of Object.entries(SHOP)) {
    const names = [...columns.matchAll(/(\w+):/g)].map(([, name]) => name);
    const fields = names.map((name) => `'${name}', ${name}`).join(', ');
    const lines = shop
      .prepare(`SELECT group_concat(json_object(${fields}), char(10)) FROM ${table}`)
      .pluck()
      .get();
    const file = path.join(folder, `${table}.json`);
    writeFileSync(file, lines);
    await connection.run(
      `CREATE TABLE ${table} AS FROM read_json('${file}', format = 'newline_delimited', columns = ${columns})`,
    );
  }
  await connection.run(
    `CREATE OR REPLACE TABLE customers AS SELECT * REPLACE (signed_up_at AT TIME ZONE 'UTC' AS signed_up_at) FROM customers`,
  );
  rmSync(folder, { recursive: true });
  shop.close();
}

async function writeTables() {
  const database = new Database(target);
  database.exec('BEGIN');
  database.exec(readFileSync(SCHEMA, 'utf8'));
  for (const table of ['daily_revenue', 'customer_value', 'product_performance']) {
    const sql = readFileSync(path.join(MODELS, `${table}.sql`), 'utf8')
      .trim()
      .replace(/;$/, '');
    await connection.run(`CREATE TABLE made_${table} AS ${sql}`);
    const made = await connection.run(`FROM made_${table} LIMIT 0`);
    const columns = made.columnNames().map((name, index) => plain(name, String(made.columnType(index))));
    const result = await connection.runAndReadAll(`SELECT ${columns.join(', ')} FROM made_${table}`);
    const insert = database.prepare(`INSERT INTO ${table} VALUES (${columns.map(() => '?').join(', ')})`);
    for (const row of result.getRowsJS()) insert.run(row);
  }
  database.exec('COMMIT');
  database.close();
}

/** What crosses over fastest, and what SQLite keeps. Only the guests of the marketplace need 64 bits. */
function plain(name, type) {
  if (type.startsWith('DECIMAL')) return `${name}::DOUBLE`;
  if (type === 'DATE') return `${name}::VARCHAR`;
  if (type === 'BOOLEAN') return `${name}::INTEGER`;
  if (type === 'BIGINT' && name !== 'customer_id') return `${name}::INTEGER`;
  return name;
}
