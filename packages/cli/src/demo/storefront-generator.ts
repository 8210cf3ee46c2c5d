import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { fail } from '@millrace/shared/core/errors';

import { countCustomers, countProducts, drawCustomers, drawProducts } from './storefront-catalogue.ts';
import { Deck } from './storefront-deck.ts';
import type { Dealt } from './storefront-deck.ts';
import { addOrder, emptyTotals } from './storefront-ledger.ts';
import type {
  BadRecord,
  OrderFile,
  StorefrontFormat,
  StorefrontLedger,
  StorefrontTotals,
} from './storefront-ledger.ts';
import { OrderFileText } from './storefront-order-file.ts';
import { writeShop } from './storefront-shop.ts';

const DEFAULT_BAD_RATIO = 0.001;
const DEFAULT_FILES = 4;
const ORDER_FILE = /^orders-\d{4}\.json(\.gz)?$/;

export interface StorefrontOptions {
  /** Gets `orders/orders-0001.json` …, `shop.db` and `bad-records.json`; those of an earlier call are replaced. */
  readonly dir: string;
  /** Good orders. Bad records come on top. */
  readonly orders: number;
  readonly seed: number;
  /** Bad records per good order, but at least one of every kind; 0 gives clean data. */
  readonly badRatio?: number;
  readonly format?: StorefrontFormat;
  readonly files?: number;
  readonly gzip?: boolean;
}

export interface GeneratedStorefront {
  readonly ordersDir: string;
  readonly shopPath: string;
  readonly ledgerPath: string;
  readonly ledger: StorefrontLedger;
}

/**
 * Writes a made-up web shop: a year of orders as JSON, its customers and products as SQLite, and a ledger of every
 * bad record that a reader must find. The same options give the same bytes on every machine (of `shop.db`, and of
 * gzipped files, the same content). Memory does not grow with the number of orders. Throws `usage` for options that
 * make no sense.
 */
export async function generateStorefront(options: StorefrontOptions): Promise<GeneratedStorefront> {
  const {
    dir,
    orders,
    seed,
    badRatio = DEFAULT_BAD_RATIO,
    format = 'lines',
    files = DEFAULT_FILES,
  } = options;
  requireWhole('orders', orders, 1);
  requireWhole('seed', seed, 0);
  requireWhole('files', files, 1);
  if (!(badRatio >= 0 && badRatio <= 1)) {
    throw fail('usage', { message: `badRatio is ${badRatio}.`, hint: 'Give a number from 0 to 1.' });
  }

  const ordersDir = join(dir, 'orders');
  const ledgerPath = join(dir, 'bad-records.json');
  await mkdir(ordersDir, { recursive: true });
  // Written last and removed first, so that where it is, everything it tells of is there.
  await rm(ledgerPath, { force: true });
  for (const name of await readdir(ordersDir)) if (ORDER_FILE.test(name)) await rm(join(ordersDir, name));

  const customers = countCustomers(orders);
  const products = drawProducts(seed, countProducts(orders));
  const shopPath = join(dir, 'shop.db');
  await writeShop(shopPath, drawCustomers(seed, customers), products);

  const deck = new Deck({ seed, format, badRatio, setting: { orders, customers, products } });
  const totals = emptyTotals();
  const orderFiles: OrderFile[] = [];
  const badRecords: BadRecord[] = [];
  for (let index = 0; index < files; index += 1) {
    const first = Math.floor((orders * index) / files);
    const end = Math.floor((orders * (index + 1)) / files);
    if (first === end) continue;
    const name = `orders-${String(index + 1).padStart(4, '0')}.json${options.gzip ? '.gz' : ''}`;
    const text = new OrderFileText(`orders/${name}`, format);
    await writeOrderFile(join(ordersDir, name), text.chunks(counted(deck.deal(first, end), totals)));
    orderFiles.push(text.summary());
    badRecords.push(...text.badRecords);
  }

  const ledger: StorefrontLedger = {
    seed,
    format,
    customers,
    products: products.length,
    totals,
    files: orderFiles,
    bad_records: badRecords,
  };
  await writeFile(ledgerPath, `${JSON.stringify(ledger, null, 2)}\n`);
  return { ordersDir, shopPath, ledgerPath, ledger };
}

async function writeOrderFile(path: string, chunks: Iterable<Buffer>): Promise<void> {
  const source = Readable.from(chunks, { objectMode: false });
  if (path.endsWith('.gz')) await pipeline(source, createGzip(), createWriteStream(path));
  else await pipeline(source, createWriteStream(path));
}

function* counted(dealt: Iterable<Dealt>, totals: StorefrontTotals): Generator<Dealt> {
  for (const next of dealt) {
    if (next.kind === 'order') addOrder(totals, next.order);
    yield next;
  }
}

function requireWhole(name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw fail('usage', { message: `${name} is ${value}.`, hint: `Give a whole number from ${minimum} up.` });
}
