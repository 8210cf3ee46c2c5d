import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import Database from 'better-sqlite3';

export interface ShopOptions {
  /** Type of the orders' amount. */
  readonly amount?: string;
  readonly customerRequired?: boolean;
  readonly load?: string;
  readonly destination?: string;
}

/** A pipeline with rejects of several reasons from JSON, CSV and SQLite, and models that join them. */
export async function writeShop(folder: string, options: ShopOptions = {}): Promise<string> {
  const pipeline = path.join(folder, 'shop');
  await mkdir(path.join(pipeline, 'models'), { recursive: true });
  await declareShop(pipeline, options);
  await writeFile(
    path.join(pipeline, 'models/sales.sql'),
    `SELECT o.order_id, CAST(o.amount AS VARCHAR) AS amount, c.name FROM orders o LEFT JOIN customers c USING (customer_id)\n`,
  );
  await writeFile(
    path.join(pipeline, 'models/fees.sql'),
    'SELECT payment_id, CAST(fee AS VARCHAR) AS fee FROM payments\n',
  );
  await writeFile(
    path.join(pipeline, 'models/people.sql'),
    'SELECT customer_id, name, CAST(score AS VARCHAR) AS score FROM customers\n',
  );
  return pipeline;
}

/** Writes pipeline.yml, at first or to mend what it declares. */
export async function declareShop(pipeline: string, options: ShopOptions = {}): Promise<void> {
  const { amount = 'integer', customerRequired = true, load = 'append' } = options;
  const { destination = '{ type: sqlite, path: out.db }' } = options;
  await writeFile(
    path.join(pipeline, 'pipeline.yml'),
    `name: shop
sources:
  orders:
    type: json
    path: data/orders.ndjson
    tables:
      orders:
        columns:
          order_id: { type: integer, required: true }
          customer_id: { type: integer, required: ${customerRequired} }
          amount: { type: ${amount} }
  payments:
    type: csv
    path: data/payments.csv
    tables:
      payments: { columns: { payment_id: { type: integer, required: true }, fee: { type: ${amount} } } }
  shop:
    type: sqlite
    path: data/shop.db
    tables:
      customers: { columns: { customer_id: { type: integer }, name: { type: text }, score: { type: ${amount} } } }
      marks: { columns: { mark: { type: integer } } }
rejects: { max_ratio: 1 }
models:
  sales: { load: ${load} }
  fees: { load: append }
  people: { load: append }
destination: ${destination}
`,
  );
}

/** 100 orders, of which number 10 to 19 have text for a number, 20 no customer, 30 is no JSON. */
export async function writeShopData(pipeline: string): Promise<void> {
  const data = path.join(pipeline, 'data');
  await mkdir(data, { recursive: true });
  const orders = Array.from({ length: 100 }, (_, id) => {
    if (id === 30) return `{"order_id": 30, "customer_id": 1, "amount": }`;
    const order = { order_id: id, ...(id === 20 ? {} : { customer_id: id % 3 }) };
    return JSON.stringify({ ...order, amount: id >= 10 && id < 20 ? `${id}.50` : id });
  });
  await writeFile(path.join(data, 'orders.ndjson'), `${orders.join('\n')}\n`);
  const payments = ['payment_id,fee', '1,10', '2,"1,5"', '3,=1+1', '4', '5,50'];
  await writeFile(path.join(data, 'payments.csv'), `${payments.join('\r\n')}\r\n`);
  const db = new Database(path.join(data, 'shop.db'));
  db.exec(`CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, name TEXT, score);
    INSERT INTO customers VALUES (0, 'Ann', 9007199254740993), (1, 'Ben', 'high'), (2, 'Łódź', 2.5), (7, 'Eve', x'00ff');
    CREATE TABLE marks (mark); INSERT INTO marks VALUES (1), ('none');`);
  db.close();
}
