import { Buffer } from 'node:buffer';
import { createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

import { quoteLiteral } from '@millrace/shared/core/sql-text';
import Database from 'better-sqlite3';
import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';

import { recordsSql } from './queries.mjs';

/**
 * A file to be read: `orders` good records, and `badRecords` as the generator's own list has them.
 * @typedef {'lines' | 'array' | 'document' | 'csv' | 'sqlite'} Format
 * @typedef {{ format: Format, folder: string, file: string, sizeBytes: number, orders: number, badRecords: readonly object[] }} Data
 */

/** One file of orders. The good ones are the same for all formats, clean or dirty, of a seed. */
export async function makeOrders(folder, { format, orders, seed, badRatio }) {
  const { ledger } = await generateStorefront({ dir: folder, orders, seed, format, badRatio, files: 1 });
  const { files, totals, bad_records: badRecords } = ledger;
  return describe(folder, { format, file: files[0].file, orders: totals.orders, badRecords });
}

/**
 * The rows of the orders table without their items, as text of CSV would have them. An empty campaign becomes null:
 * whether `""` is null in CSV is a question of options, and not one of speed.
 */
function flatSql(orders) {
  const records = recordsSql({ ...orders, file: path.join(orders.folder, orders.file) });
  return `SELECT order_id, customer_id, strftime(created_at AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS created_at, status,
    channel.name AS channel, nullif(channel.campaign, '') AS campaign, currency, shipping.country AS country,
    shipping.city AS city, shipping.cost AS shipping_cost FROM ${records}`;
}

/** @param {Data} orders clean, newline-delimited */
export async function makeCsv(engine, orders) {
  const file = 'orders.csv';
  const target = quoteLiteral(path.join(orders.folder, file));
  await engine.run(`COPY (${flatSql(orders)}) TO ${target} (FORMAT csv, HEADER)`);
  return describe(orders.folder, { ...orders, format: 'csv', file });
}

/** @param {Data} orders clean, newline-delimited */
export async function makeSqlite(engine, orders) {
  const file = 'orders.db';
  const database = openEmpty(path.join(orders.folder, file));
  const insert = database.prepare(`INSERT INTO orders VALUES (${Array(10).fill('?').join(', ')})`);
  const connection = await engine.connect();
  try {
    database.exec('BEGIN');
    const rows = `SELECT * REPLACE (shipping_cost::DOUBLE AS shipping_cost) FROM (${flatSql(orders)})`;
    for await (const chunk of (await connection.stream(rows)).yieldRowsJs()) {
      for (const row of chunk) insert.run(row);
    }
    database.exec('COMMIT');
  } finally {
    connection.closeSync();
    database.close();
  }
  return describe(orders.folder, { ...orders, format: 'sqlite', file });
}

function openEmpty(file) {
  const database = new Database(file);
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.exec(`CREATE TABLE orders (order_id TEXT, customer_id INTEGER, created_at TEXT, status TEXT, channel TEXT,
    campaign TEXT, currency TEXT, country TEXT, city TEXT, shipping_cost REAL)`);
  return database;
}

/** How a text is put together from a block of records that is repeated. */
const REPEATED = {
  lines: { head: '', between: '', tail: '', body: (text) => text },
  array: {
    head: '[\n',
    between: ',\n',
    tail: '\n]\n',
    body: (text) => text.trimEnd().replaceAll('\n', ',\n'),
  },
  csv: { body: (text) => text.slice(text.indexOf('\n') + 1) },
};

/**
 * A file of the format of at least so many bytes: the records of `block`, over and over.
 * @param {Data} block clean: newline-delimited for `lines` and `array`, else of the format
 * @returns {Promise<Data & { repeats: number }>}
 */
export async function repeat(block, { format, targetBytes }) {
  const repeats = Math.ceil(targetBytes / block.sizeBytes);
  const file = `large.${format}`;
  const source = path.join(block.folder, block.file);
  const target = path.join(block.folder, file);
  if (format === 'sqlite') repeatRows(source, target, repeats);
  else
    await pipeline(repeatedText(await readFile(source, 'utf8'), format, repeats), createWriteStream(target));
  return {
    ...(await describe(block.folder, { ...block, format, file, orders: block.orders * repeats })),
    repeats,
  };
}

function* repeatedText(text, format, repeats) {
  const layout = REPEATED[format];
  const body = layout.body(text);
  const head = layout.head ?? text.slice(0, text.length - body.length);
  const between = Buffer.from(layout.between ?? '');
  const bytes = Buffer.from(body);
  yield Buffer.from(head);
  for (let index = 0; index < repeats; index += 1) {
    if (index > 0) yield between;
    yield bytes;
  }
  yield Buffer.from(layout.tail ?? '');
}

function repeatRows(source, target, repeats) {
  const database = openEmpty(target);
  database.prepare('ATTACH ? AS block').run(source);
  database.exec('BEGIN');
  for (let index = 0; index < repeats; index += 1)
    database.exec('INSERT INTO orders SELECT * FROM block.orders');
  database.exec('COMMIT');
  database.close();
}

async function describe(folder, facts) {
  const { size } = await stat(path.join(folder, facts.file));
  return { ...facts, folder, sizeBytes: size };
}
