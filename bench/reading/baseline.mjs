// What the engines do alone: warm, with no rejects, no hashes and no fsync. Called over IPC.
import { openEngine } from '@millrace/shared/adapters/duckdb';
import { quoteLiteral } from '@millrace/shared/core/sql-text';
import Database from 'better-sqlite3';

import { serve } from './child.mjs';
import { csvSql, itemsSql, ordersSql, recordsSql } from './queries.mjs';

const GIBIBYTE = 1024 ** 3;
const engine = await openEngine({ memoryLimitBytes: 12 * GIBIBYTE, threads: 2, spillDir: null });
const appending = await engine.connect();

serve({
  json: (data) => timed(() => readJson(data)),
  csv: ({ file, targets }) => timed(() => copy(csvSql(file), targets.orders)),
  iterate: ({ file }) => timed(() => iterate(file)),
  append: ({ file, targets }) => timed(() => append(file, targets.orders)),
});

/** @returns {Promise<{ durationMs: number, rows: number | null }>} */
async function timed(work) {
  const startedAt = performance.now();
  const rows = (await work()) ?? null;
  return { durationMs: performance.now() - startedAt, rows };
}

function copy(query, target) {
  return engine.run(`COPY (${query}) TO ${quoteLiteral(target)} (FORMAT parquet, COMPRESSION zstd)`);
}

/**
 * Each table with a scan of its own is the fastest way over records that DuckDB reads one by one. A document is one
 * value that fills the memory and takes seconds to parse, so it is read once, into a table.
 */
async function readJson(data) {
  const records = recordsSql(data);
  if (data.format !== 'document') {
    await copy(ordersSql(records), data.targets.orders);
    await copy(itemsSql(records), data.targets.order_items);
    return;
  }
  await engine.run(`CREATE TABLE records AS SELECT * FROM ${records}`);
  await copy(ordersSql('records'), data.targets.orders);
  await copy(itemsSql('records'), data.targets.order_items);
  await engine.run('DROP TABLE records');
}

/** Integers beyond 2^53 are rounded: what would be exact is slower. */
function iterate(file) {
  const database = new Database(file, { readonly: true });
  let rows = 0;
  const iterator = database.prepare('SELECT * FROM orders').raw().iterate();
  while (!iterator.next().done) rows += 1;
  database.close();
  return rows;
}

async function append(file, target) {
  const database = new Database(file, { readonly: true });
  await engine.run(`CREATE TABLE records (order_id VARCHAR, customer_id BIGINT, created_at VARCHAR, status VARCHAR,
    channel VARCHAR, campaign VARCHAR, currency VARCHAR, country VARCHAR, city VARCHAR, shipping_cost DOUBLE)`);
  const appender = await appending.createAppender('records');
  let rows = 0;
  for (const row of database.prepare('SELECT * FROM orders').raw().safeIntegers().iterate()) {
    for (const value of row) appendValue(appender, value);
    appender.endRow();
    rows += 1;
  }
  appender.closeSync();
  database.close();
  await copy(
    `SELECT * REPLACE (created_at::TIMESTAMPTZ AT TIME ZONE 'UTC' AS created_at, shipping_cost::DECIMAL(18,2) AS shipping_cost) FROM records`,
    target,
  );
  await engine.run('DROP TABLE records');
  return rows;
}

function appendValue(appender, value) {
  if (value === null) appender.appendNull();
  else if (typeof value === 'string') appender.appendVarchar(value);
  else if (typeof value === 'bigint') appender.appendBigInt(value);
  else appender.appendDouble(value);
}
