import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { BAD_KINDS } from './storefront-bad-kinds.ts';
import { generateStorefront } from './storefront-generator.ts';
import type { GeneratedStorefront, StorefrontOptions } from './storefront-generator.ts';

interface Order {
  readonly order_id: string;
  readonly status: string;
  readonly shipping: { readonly cost: number };
  readonly items?: readonly {
    readonly quantity: number;
    readonly unit_price: number;
    readonly discount?: number;
  }[];
}

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-storefront-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

function generate(options: Partial<StorefrontOptions>): Promise<GeneratedStorefront> {
  return generateStorefront({ dir, orders: 300, seed: 1, ...options });
}

async function readOrderFiles({ ledger }: GeneratedStorefront): Promise<Map<string, Buffer>> {
  const files = ledger.files.map(async ({ file }) => [file, await readFile(join(dir, file))] as const);
  return new Map(await Promise.all(files));
}

async function sha256(made: GeneratedStorefront): Promise<string> {
  const hash = createHash('sha256');
  for (const content of (await readOrderFiles(made)).values()) hash.update(content);
  return hash.update(await readFile(made.ledgerPath)).digest('hex');
}

describe('the same seed', () => {
  test('gives the bytes it has always given', async () => {
    expect(await sha256(await generate({}))).toBe(
      '75f8a5ec01442da19e6f5b5365e10c1c8f2eba8d01f90ccfbe0e2d9c2a4732c0',
    );
  });

  test('gives other bytes than another seed', async () => {
    const first = await sha256(await generate({ seed: 1 }));
    expect(await sha256(await generate({ seed: 2 }))).not.toBe(first);
  });

  test('gives the same good orders with and without bad ones', async () => {
    const dirty = await generate({ badRatio: 0.5 });
    const badLines = new Set(dirty.ledger.bad_records.map(({ file, line }) => `${file}:${line}`));
    const good: string[] = [];
    for (const [file, content] of await readOrderFiles(dirty)) {
      const lines = content.toString().split('\n');
      good.push(...lines.filter((line, at) => line.trim() !== '' && !badLines.has(`${file}:${at + 1}`)));
    }
    const clean = await readOrderFiles(await generate({ badRatio: 0 }));
    expect(good).toEqual([...clean.values()].flatMap((content) => content.toString().trimEnd().split('\n')));
  });
});

describe('the ledger', () => {
  test('adds up the good orders to the cent', async () => {
    const made = await generate({ badRatio: 0 });
    const orders = [...(await readOrderFiles(made)).values()]
      .flatMap((content) => content.toString().trimEnd().split('\n'))
      .map((line) => JSON.parse(line) as Order);
    const items = orders.flatMap((order) => order.items ?? []);
    const cents = (amount: number): number => Math.round(amount * 100);
    const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
    expect(made.ledger.totals).toMatchObject({
      orders: 300,
      items: items.length,
      units: sum(items.map((item) => item.quantity)),
      gross_cents: sum(items.map((item) => item.quantity * cents(item.unit_price))),
      discount_cents: sum(items.map((item) => cents(item.discount ?? 0))),
      shipping_cents: sum(orders.map((order) => cents(order.shipping.cost))),
    });
    expect(made.ledger.totals.orders_by_status.refunded).toBe(
      orders.filter((order) => order.status === 'refunded').length,
    );
    expect(new Set(orders.map((order) => order.order_id)).size).toBe(300);
    expect(made.ledger.bad_records).toEqual([]);
  });

  test('says where each bad line stands', async () => {
    const made = await generate({ badRatio: 1 });
    const files = await readOrderFiles(made);
    for (const bad of made.ledger.bad_records) {
      const content = files.get(bad.file) ?? Buffer.alloc(0);
      const before = content.toString('latin1', 0, bad.byte_offset).split('\n');
      expect(before.length, bad.note).toBe(bad.line);
      expect(before.at(-1), bad.note).toBe('');
      expect(before.filter((line) => line.trim() !== '').length + 1, bad.note).toBe(bad.record_number);
      const end = content[bad.byte_offset + bad.byte_length];
      expect(end, bad.note).toBe(bad.reason === 'truncated_record' ? undefined : 0x0a);
    }
  });

  test.each(['array', 'document'] as const)('says where each bad element of an %s stands', async (format) => {
    const made = await generate({ badRatio: 1, format });
    const files = await readOrderFiles(made);
    for (const bad of made.ledger.bad_records) {
      const content = (files.get(bad.file) ?? Buffer.alloc(0)).toString('latin1');
      const end = bad.byte_offset + bad.byte_length;
      expect(content.slice(bad.byte_offset - 2, bad.byte_offset), bad.note).toBe(',\n');
      expect(content.slice(end, end + 2), bad.note).toMatch(/^(,\n|\n\])$/);
      expect(content.slice(0, bad.byte_offset).split('\n').length, bad.note).toBe(bad.line);
    }
  });

  test('counts records, blank lines and bytes of every file', async () => {
    const made = await generate({ badRatio: 0.3 });
    for (const [file, content] of await readOrderFiles(made)) {
      const lines = content.toString().replace(/\n$/, '').split('\n');
      const blank = lines.filter((line) => line.trim() === '').length;
      expect(made.ledger.files.find((counted) => counted.file === file)).toMatchObject({
        records: lines.length - blank,
        blank_lines: blank,
        size_bytes: content.length,
      });
    }
    expect(made.ledger.files.some((file) => file.blank_lines > 0)).toBe(true);
  });
});

describe('bad records', () => {
  test('are of every kind even where one in a thousand would be none', async () => {
    const { ledger } = await generate({ orders: 10 });
    const kinds = new Set(ledger.bad_records.map((bad) => bad.kind));
    expect([...kinds].sort()).toEqual([...BAD_KINDS.map((kind) => kind.kind), 'cut_file'].sort());
  });

  test('are never the first of their file', async () => {
    const { ledger } = await generate({ orders: 40, badRatio: 1, files: 8 });
    expect(ledger.bad_records.filter((bad) => bad.record_number === 1)).toEqual([]);
  });
});

describe('files', () => {
  test.each(['array', 'document'] as const)('of clean orders are valid JSON as %s', async (format) => {
    const made = await generate({ badRatio: 0, format });
    const counts = [...(await readOrderFiles(made)).values()].map((content) => {
      const value = JSON.parse(content.toString()) as unknown[] | { data: { orders: unknown[] } };
      return Array.isArray(value) ? value.length : value.data.orders.length;
    });
    expect(counts).toEqual([75, 75, 75, 75]);
  });

  test('are the same when compressed', async () => {
    const plain = [...(await readOrderFiles(await generate({}))).values()];
    const zipped = await generate({ gzip: true });
    expect((await readdir(zipped.ordersDir)).every((name) => name.endsWith('.json.gz'))).toBe(true);
    expect([...(await readOrderFiles(zipped)).values()].map((content) => gunzipSync(content))).toEqual(plain);
  });

  test('of an earlier call are replaced', async () => {
    await generate({ files: 6 });
    const { ordersDir } = await generate({ files: 2 });
    expect((await readdir(ordersDir)).sort()).toEqual(['orders-0001.json', 'orders-0002.json']);
  });

  test('hold the shop’s customers and products with declared types', async () => {
    const { ledger, shopPath } = await generate({});
    const shop = new Database(shopPath, { readonly: true });
    try {
      const count = (table: string) => shop.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
      expect([count('customers'), count('products')]).toEqual([ledger.customers, ledger.products]);
      const declared = shop.prepare('SELECT cost, active FROM products').columns();
      expect(declared.map((column) => column.type)).toEqual(['DECIMAL(10,2)', 'BOOLEAN']);
      const halfCents = 'SELECT count(*) FROM products WHERE round(cost, 2) <> cost OR cost >= list_price';
      expect(shop.prepare(halfCents).pluck().get()).toBe(0);
    } finally {
      shop.close();
    }
  });
});

test.each([
  { orders: 0 },
  { orders: 1.5 },
  { seed: -1 },
  { files: 0 },
  { badRatio: 2 },
  { badRatio: Number.NaN },
])('refuses %j', async (options) => {
  await expect(generate(options)).rejects.toMatchObject({ code: 'usage' });
});
