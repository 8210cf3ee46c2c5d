import { rm } from 'node:fs/promises';

import Database from 'better-sqlite3';

import type { Customer, Product } from './storefront-catalogue.ts';

/** The shop's own database, typed as its application would: money as decimal, flags as boolean, times as ISO text. */
const SCHEMA = `
CREATE TABLE customers (
  customer_id      INTEGER PRIMARY KEY,
  name             TEXT NOT NULL,
  email            TEXT NOT NULL,
  country          TEXT NOT NULL,
  signed_up_at     TEXT NOT NULL,
  segment          TEXT NOT NULL,
  marketing_opt_in BOOLEAN NOT NULL
);
CREATE TABLE products (
  product_id INTEGER PRIMARY KEY,
  sku        TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  category   TEXT NOT NULL,
  cost       DECIMAL(10,2) NOT NULL,
  list_price DECIMAL(10,2) NOT NULL,
  active     BOOLEAN NOT NULL
);
`;

/** Writes a fresh SQLite database at `path`, replacing one that is there. */
export async function writeShop(
  path: string,
  customers: Iterable<Customer>,
  products: Iterable<Product>,
): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(path + suffix, { force: true });
  const database = new Database(path);
  try {
    database.exec(SCHEMA);
    database.transaction(() => {
      const customer = database.prepare('INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?)');
      for (const { customerId, name, email, country, signedUpAt, segment, marketingOptIn } of customers) {
        customer.run(customerId, name, email, country, signedUpAt, segment, Number(marketingOptIn));
      }
      const product = database.prepare('INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, ?)');
      for (const { productId, sku, name, category, costCents, listPriceCents, active } of products) {
        product.run(productId, sku, name, category, costCents / 100, listPriceCents / 100, Number(active));
      }
    })();
  } finally {
    database.close();
  }
}
