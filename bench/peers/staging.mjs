import { readFileSync } from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';

const STAGED = `
  CREATE TEMP TABLE staged_orders (order_id TEXT PRIMARY KEY, customer_id INTEGER, order_date TEXT, status TEXT,
    channel TEXT, currency TEXT, shipping INTEGER);
  CREATE TEMP TABLE staged_items (order_id TEXT, product_id INTEGER, quantity INTEGER, unit_price INTEGER,
    discount INTEGER)`;
/** As many as keep the journal small and the commits few. */
const ROWS_PER_TRANSACTION = 50_000;

const cents = (amount) => Math.round((amount ?? 0) * 100);

/** A SQLite file that orders are put into one by one, and asked for the three tables at the end. */
export function openStaging(data, target) {
  const database = new Database(target);
  database.pragma('journal_mode = WAL');
  database.exec(readFileSync(path.join(import.meta.dirname, 'schema.sql'), 'utf8'));
  database.exec(STAGED);
  database.prepare('ATTACH ? AS shop').run(path.join(data, 'shop.db'));
  const insertOrder = database.prepare('INSERT INTO staged_orders VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertItem = database.prepare('INSERT INTO staged_items VALUES (?, ?, ?, ?, ?)');
  let pending = 0;
  return {
    add(order) {
      if (pending === 0) database.exec('BEGIN');
      const { order_id: id, customer_id: customer, status, channel, currency, shipping, items } = order;
      const date = new Date(order.created_at).toISOString().slice(0, 10);
      insertOrder.run(id, customer, date, status, channel.name, currency, cents(shipping.cost));
      for (const { product_id: product, quantity, unit_price: price, discount } of items ?? []) {
        insertItem.run(id, product, quantity, cents(price), cents(discount));
      }
      pending += 1;
      if (pending < ROWS_PER_TRANSACTION) return;
      database.exec('COMMIT');
      pending = 0;
    },
    finish() {
      if (pending > 0) database.exec('COMMIT');
      const models = readFileSync(path.join(import.meta.dirname, 'storefront-sqlite.sql'), 'utf8');
      database.exec(`BEGIN; ${models}; COMMIT`);
      database.close();
    },
  };
}

/** The marketplace numbers its guests beyond 2^53, which JSON.parse rounds. */
export function parseOrder(line) {
  const order = JSON.parse(line);
  if (!Number.isSafeInteger(order.customer_id)) {
    order.customer_id = BigInt(/"customer_id":(\d+)/.exec(line)[1]);
  }
  return order;
}
