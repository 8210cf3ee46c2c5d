import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { queryRow, queryRows } from '../support/published.ts';
import { hasSharedData, SHARED_DATA } from '../support/shared-data.ts';
import { startTestStack, type CliResult, type TestStack } from '../support/test-stack.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

const inStack = (...parts: readonly string[]) => path.join(stack.folder, ...parts);

function expectOk(result: CliResult): CliResult {
  expect(result.stderr).toBe('');
  expect(result.code).toBe(0);
  return result;
}

/** Makes a pipeline from data and runs it as it is. @returns its database and its pipeline.yml */
async function initAndRun(name: string, ...from: readonly string[]) {
  const folder = inStack('pipelines', name);
  expectOk(await stack.cli('init', folder, '--from', ...from, '--json'));
  expectOk(await stack.cli('run', folder, '--wait', '--json'));
  const database = path.join(folder, 'final_analytics.db');
  return { folder, database, yaml: await readFile(path.join(folder, 'pipeline.yml'), 'utf8') };
}

/** Rows of each table, by name. */
function rowsOf(database: string): Record<string, unknown> {
  const loads = queryRows(database, 'SELECT table_name, rows FROM _millrace_load_tables');
  return Object.fromEntries(loads.map((load) => [String(load['table_name']), load['rows']] as const));
}

/** Files below a folder of the test, from their relative paths. */
async function writeData(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const root = inStack('data', folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return root;
}

describe.skipIf(!hasSharedData)('a pipeline made from real data runs without editing', () => {
  const shared = (name: string) => path.join(SHARED_DATA, name);
  const CHINOOK = {
    genre: 25,
    media_type: 5,
    artist: 275,
    album: 347,
    track: 3503,
    employee: 8,
    customer: 59,
    invoice: 412,
    invoice_line: 2240,
    playlist: 18,
    playlist_track: 8715,
  };

  it.each(['ChinookData.json', 'chinook.sqlite'])('%s gives eleven tables', async (file) => {
    const { database } = await initAndRun(`chinook_${file.length}`, shared(`chinook/${file}`));
    expect(rowsOf(database)).toEqual(CHINOOK);
    const total = 'SELECT round(sum("UnitPrice" * "Quantity"), 2) AS revenue FROM invoice_line_latest';
    expect(queryRow(database, total)).toEqual({ revenue: 2328.6 });
  });

  it('a folder with both forms gives each table twice', async () => {
    const { database } = await initAndRun('chinook_both', shared('chinook'));
    const twice = Object.entries(CHINOOK).flatMap(([table, rows]) => [
      [table, rows],
      [`chinook_${table}`, rows],
    ]);
    expect(rowsOf(database)).toEqual(Object.fromEntries(twice));
  });

  it('movies keep all records, numbers among the titles included', async () => {
    const { database, yaml } = await initAndRun('movies', shared('movies'));
    expect(rowsOf(database)).toEqual({ movies: 3201 });
    expect(yaml).toContain('Title: { type: text }  # 9 of 3200 are numbers, of which text keeps the digits');
    expect(yaml).toContain("'Release Date': { type: date, format: '%b %d %Y' }");
    const first = `SELECT "Release Date" AS day FROM movies WHERE "Title" = 'The Land Girls'`;
    expect(queryRow(database, first)).toEqual({ day: '1998-06-12' });
  });

  it('earthquakes are the features of the document, with times from milliseconds', async () => {
    const { database } = await initAndRun('earthquakes', shared('earthquakes'));
    expect(rowsOf(database)).toEqual({ earthquakes: 1707 });
    const first = "SELECT properties_time AS at FROM earthquakes WHERE id = 'ci37868143'";
    expect(queryRow(database, first)).toEqual({ at: '2018-02-07 01:26:13.84' });
  });

  it('albums are all 509 rows', async () => {
    const { database } = await initAndRun('albums', shared('albums'));
    expect(rowsOf(database)).toEqual({ rapcaviar_raw: 509 });
  });
});

describe('a pipeline made from strange data runs without editing', () => {
  it('orders of a web shop with bad records among them, and its database', async () => {
    const data = inStack('data', 'storefront');
    const { generateStorefront } = await import('millrace/dist/demo/storefront-generator.js');
    await generateStorefront({ dir: data, orders: 3000, seed: 3 });
    const ledger = JSON.parse(await readFile(path.join(data, 'bad-records.json'), 'utf8')) as {
      files: { accepted: number }[];
      totals: { items: number };
    };
    const { database } = await initAndRun(
      'storefront',
      path.join(data, 'orders'),
      path.join(data, 'shop.db'),
    );
    const good = ledger.files.reduce((sum, file) => sum + file.accepted, 0);
    const rows = rowsOf(database);
    // Records that only declared types refuse are taken here: the drafted types are the wider ones.
    expect(rows['orders']).toBeGreaterThanOrEqual(good);
    expect(rows['orders_items']).toBeGreaterThanOrEqual(ledger.totals.items);
    expect(Object.keys(rows).sort()).toEqual(['customers', 'orders', 'orders_items', 'products']);
  });

  it('names that SQL and YAML would take for something else', async () => {
    const data = await writeData('names', {
      'odd (1).csv':
        'select,Group,group,a.b,,"x ""y""",null,#,_run_id,order by\n1,2,3,4,5,6,7,8,9,10\n2,2,3,4,5,6,7,8,9,x\n',
      'keys.jsonl':
        '{"":1,"a.b":2,"A":3,"a":4,"__proto__":5,"$index":6,"^up":7,"é":{"[0]":8},"_loaded_at":9}\n',
    });
    const { database } = await initAndRun('names', data);
    expect(rowsOf(database)).toEqual({ odd_1: 2, keys: 1 });
    expect(queryRow(database, 'SELECT * FROM keys_latest')).toMatchObject({
      column: 1,
      'a.b': 2,
      A: 3,
      a_2: 4,
      proto: 5,
      $index: 6,
      '^up': 7,
      'é_[0]': 8,
      _loaded_at_2: 9,
    });
    expect(queryRow(database, 'SELECT "x ""y""" AS x, column_5, group_2 FROM odd_1_latest LIMIT 1')).toEqual({
      x: 6,
      column_5: 5,
      group_2: 3,
    });
  });

  it('all shapes of JSON, compressed or not, and arrays within arrays', async () => {
    const records = [1, 2, 3].map((id) => ({
      id,
      deep: { more: { x: [id] } },
      parts: [{ n: id }, { n: 0 }],
    }));
    const lines = records.map((record) => JSON.stringify(record)).join('\n');
    const data = await writeData('shapes', {
      'lines.ndjson': lines,
      'array.json': JSON.stringify(records, null, 2),
      'values.json': records.map((record) => JSON.stringify(record, null, 2)).join('\n'),
      'document.json': JSON.stringify({ at: 1, data: { rows: records, none: [], also: [{ k: 'v' }] } }),
      'packed.json.gz': gzipSync(lines),
      'single/2024/one.json': JSON.stringify(records[0]),
    });
    const { database } = await initAndRun('shapes', data);
    const rows = rowsOf(database);
    for (const table of ['lines', 'array', 'values', 'rows', 'packed']) {
      expect(rows).toMatchObject({ [table]: 3, [`${table}_parts`]: 6 });
    }
    expect(rows).toMatchObject({ also: 1 });
    expect(queryRow(database, 'SELECT deep_more FROM lines_latest WHERE id = 2')).toEqual({
      deep_more: '{"x":[2]}',
    });
    expect(queryRow(database, 'SELECT id, position FROM array_parts_latest WHERE n = 3')).toEqual({
      id: 3,
      position: 0,
    });
  });

  it('files of one shape as one source, and files that only look alike as several', async () => {
    const sales = (region: string) => `id,region,amount,day\n1,${region},2.50,2024-01-02\n`;
    const data = await writeData('alike', {
      'sales_north.csv': sales('n'),
      'sales_south.csv': sales('s'),
      'log-01.jsonl': '{"at":1706000000,"level":"a"}\n',
      'log-02.jsonl': '{"at":1706000001,"level":"b"}\n',
      'table-1.csv': 'a,b\n1,2\n',
      'table-2.csv': 'x,y,z\n1,2,3\n',
      'by/2024/01/day.csv': 'p,q\n1,2\n',
      'by/2024/02/day.csv': 'p,q\n3,4\n',
    });
    const { database, yaml } = await initAndRun('alike', data);
    expect(rowsOf(database)).toEqual({ sales: 2, log: 2, table_1: 1, table_2: 1, day: 2 });
    expect(yaml).toContain('sales_*.csv');
    expect(queryRow(database, 'SELECT at FROM log_latest ORDER BY at')).toEqual({
      at: '2024-01-23 08:53:20',
    });
  });

  it('CSV of other dialects, encodings and habits', async () => {
    const bank = 'Tag;Betrag;Währung\r\n31.01.2024;1.234,50;EUR\r\n01.02.2024;-3,00;EUR\r\n';
    const data = await writeData('dialects', {
      'bank.csv': Buffer.from(bank, 'latin1'),
      'excel.csv': '\uFEFFName,Paid,When\r\n"A, b",TRUE,1/31/2024\r\nC,FALSE,2/1/2024\r\n',
      'wide.csv': Buffer.from('\uFEFFcity,code\nKöln,007\n', 'utf16le'),
      'headless.csv': '2024-01-01,1.5,x\n2024-01-02,2.5,y\n',
      'tabs.tsv': 'a\tb\rna\tna\r1\tx\r',
      'Namibia.csv': 'country,price\nNA,1.50\nZA,NA\nNA,2.00\n',
      'years.csv': 'country,2022,2023\nA,1,2\n',
    });
    const { database, yaml } = await initAndRun('dialects', data);
    expect(rowsOf(database)).toEqual({
      bank: 2,
      excel: 2,
      wide: 1,
      headless: 2,
      tabs: 2,
      namibia: 3,
      years: 1,
    });
    expect(queryRow(database, 'SELECT "Tag" AS day, "Betrag" AS sum, "Währung" AS unit FROM bank')).toEqual({
      day: '2024-01-31',
      sum: '1.234,50',
      unit: 'EUR',
    });
    expect(yaml).toMatch(/Betrag: \{ type: text \} {2}# numbers with a decimal comma/);
    expect(queryRow(database, 'SELECT city, code FROM wide')).toEqual({ city: 'Köln', code: '007' });
    expect(queryRow(database, 'SELECT "Paid" AS paid, "When" AS day FROM excel')).toEqual({
      paid: 1,
      day: '2024-01-31',
    });
    expect(queryRow(database, 'SELECT a, b FROM tabs ORDER BY rowid')).toEqual({ a: null, b: null });
    expect(queryRow(database, "SELECT count(*) AS n FROM namibia WHERE country = 'NA'")).toEqual({ n: 2 });
    expect(queryRow(database, 'SELECT "2022" AS v FROM years')).toEqual({ v: 1 });
  });

  it('a database with values of other types than declared, bytes, views and awkward names', async () => {
    const data = await writeData('databases', { 'notes.txt': 'Nothing but prose here.\nReally.\n' });
    const db = new Database(path.join(data, 'app.db'));
    db.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY, created_at INTEGER, balance REAL, photo BLOB, age INTEGER);
      INSERT INTO users VALUES (1, 1700000000, 1.25, x'01', 30), (2, 1700000001, 2.5, NULL, 'old');
      CREATE TABLE "order items" ("select" TEXT, n INT, PRIMARY KEY ("select", n)) WITHOUT ROWID;
      INSERT INTO "order items" VALUES ('a', 1), ('a', 2);
      CREATE TABLE users_latest (x); CREATE TABLE bytes (b BLOB); CREATE TABLE "sqlitelike" (v);
      CREATE VIEW grown AS SELECT * FROM users;`);
    db.close();
    const folder = inStack('pipelines', 'databases');
    const { stdout } = expectOk(await stack.cli('init', folder, '--from', data, '--json'));
    expect(
      (JSON.parse(stdout) as { left_out: { reason: string }[] }).left_out.map(({ reason }) => reason),
    ).toEqual([
      'it is text without columns',
      "the view 'grown' is a query on its tables",
      "the table 'bytes' has only columns of bytes",
    ]);
    expectOk(await stack.cli('run', folder, '--wait', '--json'));
    const database = path.join(folder, 'final_analytics.db');
    expect(rowsOf(database)).toEqual({
      users: 2,
      order_items: 2,
      app_users_latest: 0,
      t_sqlitelike: 0,
    });
    expect(queryRow(database, 'SELECT created_at, balance, age FROM users WHERE id = 2')).toEqual({
      created_at: '2023-11-14 22:13:21',
      balance: 2.5,
      age: 'old',
    });
  });
});

describe('a dry run', () => {
  /** Every file below a folder with its bytes and time. */
  async function snapshot(folder: string): Promise<Record<string, string>> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    const facts = files.map(async (file) => [
      path.relative(folder, file),
      `${(await stat(file)).mtimeMs} ${(await readFile(file)).toString('base64')}`,
    ]);
    return Object.fromEntries((await Promise.all(facts)) as [string, string][]);
  }

  const PIPELINE = `name: shop
sources:
  orders:
    type: json
    path: orders.jsonl
    tables:
      orders:
        columns:
          id: { type: integer, required: true }
          city: { type: text, from: address.city }
          nmae: { type: text }
models:
  orders_out: { load: append }
destination: { type: sqlite, path: out.db }
`;

  async function makeShop(name: string): Promise<string> {
    const lines = Array.from({ length: 50 }, (_, id) => `{"id":${id},"address":{"city":"Lyon"}}`);
    return writeData(name, {
      'pipeline.yml': PIPELINE,
      'orders.jsonl': [...lines, '{"id":"x"}', '{"id":1,}'].join('\n'),
      'models/orders_out.sql': 'SELECT id, city FROM orders',
    });
  }

  it('leaves no trace, where nothing has run yet and where something has', async () => {
    const folder = await makeShop('untouched');
    const home = inStack('no-home');
    const before = await snapshot(folder);
    const offline = { MILLRACE_HOME: home, REDIS_URL: 'redis://127.0.0.1:1' };
    expectOk(await stack.cliWith(offline, 'plan', folder, '--sample'));
    expect(await snapshot(folder)).toEqual(before);
    await expect(stat(home)).rejects.toThrow('ENOENT');

    expectOk(await stack.cli('run', folder, '--wait', '--json'));
    await stack.settled();
    const after = [await snapshot(folder), await snapshot(inStack('home', 'bucket'))];
    const again = await stack.cliWith({ REDIS_URL: 'redis://127.0.0.1:1' }, 'plan', folder, '--sample');
    expect(expectOk(again).stdout).toContain('orders_out  stays as it is');
    expect([await snapshot(folder), await snapshot(inStack('home', 'bucket'))]).toEqual(after);
  });

  it('tells rows, values, missing paths, rejects with places, and what becomes of tables', async () => {
    const folder = await makeShop('told');
    const plan = async () =>
      JSON.parse(expectOk(await stack.cli('plan', folder, '--sample', '--json')).stdout) as never;
    expect(await plan()).toMatchObject({
      sources: [
        {
          source: 'orders',
          sampled_records: 52,
          sample_is_whole: true,
          expected_rejects: [
            { reason: 'type_mismatch', sampled_records: 1, examples: [{ file: 'orders.jsonl', line: 51 }] },
            { reason: 'json_syntax', sampled_records: 1, examples: [{ line: 52, record_number: 52 }] },
          ],
        },
      ],
      tables: [
        {
          estimated_rows: 52,
          rows_are_exact: true,
          estimated_batches: 1,
          columns: [
            { column: 'id', examples: ['0', '1', '2'], note: null },
            { column: 'city', path: 'address.city', examples: ['"Lyon"'], note: null },
            { column: 'nmae', note: 'no sampled record has nmae' },
          ],
        },
      ],
      destinations: [{ tables: [{ table: 'orders_out', change: 'create' }] }],
    });

    expectOk(await stack.cli('run', folder, '--wait', '--json'));
    expect(await plan()).toMatchObject({ destinations: [{ tables: [{ change: 'keep' }] }] });
    await writeFile(
      path.join(folder, 'models/orders_out.sql'),
      'SELECT id, city, 1.5::DOUBLE AS x FROM orders',
    );
    expect(await plan()).toMatchObject({ destinations: [{ tables: [{ change: 'widen', add: ['x'] }] }] });
    await writeFile(
      path.join(folder, 'models/orders_out.sql'),
      'SELECT CAST(id AS VARCHAR) AS id FROM orders',
    );
    expect(await plan()).toMatchObject({
      destinations: [
        {
          tables: [
            {
              change: 'refused',
              error: {
                code: 'destination_conflict',
                message: "Column 'id' of table 'orders_out' is INTEGER, and the model now makes TEXT.",
              },
            },
          ],
        },
      ],
    });
  });
});
