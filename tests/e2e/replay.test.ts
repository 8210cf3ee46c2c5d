import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { queryRow, queryRows } from '../support/published.ts';
import { declareShop, writeShop, writeShopData, type ShopOptions } from '../support/shop-pipeline.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

let stack: TestStack;
let pipeline: string;
let database: string;

interface Report {
  readonly run: string;
  readonly status: string;
  readonly replay_of: string | null;
  readonly records: { readonly seen: number; readonly accepted: number; readonly rejected: number };
  readonly records_not_replayable: number;
}

async function start(options: ShopOptions = {}): Promise<void> {
  stack = await startTestStack();
  pipeline = await writeShop(stack.folder, options);
  await writeShopData(pipeline);
  database = path.join(pipeline, 'out.db');
}

async function json(...args: string[]): Promise<Report> {
  const { stdout, stderr, code } = await stack.cli(...args, '--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Report;
}

const run = () => json('run', pipeline, '--wait');
const replay = (root: string, ...args: string[]) => json('replay', root, '--wait', ...args);
const ids = (table: string, column: string, of: string) =>
  queryRows(database, `SELECT ${column} AS id FROM ${table} WHERE _run_id = '${of}' ORDER BY 1`).map(
    ({ id }) => id,
  );

describe('a replay after the pipeline was mended', () => {
  let root: Report;
  let first: Report;

  beforeAll(async () => {
    await start();
    root = await run();
  });
  afterAll(() => stack.stop());

  it('reads only what was refused for the reason that was asked for', async () => {
    expect(root.records).toMatchObject({ seen: 111, rejected: 19 });
    await declareShop(pipeline, { amount: 'text', customerRequired: false });
    first = await replay(root.run, '--reason', 'missing_field');
    expect(first).toMatchObject({ status: 'published', replay_of: root.run });
    expect(ids('sales', 'order_id', first.run)).toEqual([20]);
    expect(queryRow(database, `SELECT count(*) AS rows FROM fees WHERE _run_id = '${first.run}'`)).toEqual({
      rows: 0,
    });
  });

  it('then reads the rest, from all kinds of sources, with their types', async () => {
    const second = await replay(root.run);
    expect(ids('sales', 'order_id', second.run)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(
      queryRows(database, `SELECT * FROM fees WHERE _run_id = '${second.run}' ORDER BY payment_id`),
    ).toMatchObject([
      { payment_id: 2, fee: '1,5' },
      { payment_id: 3, fee: '=1+1' },
    ]);
    expect(
      queryRows(database, `SELECT * FROM people WHERE _run_id = '${second.run}' ORDER BY customer_id`),
    ).toMatchObject([
      { customer_id: 1, score: 'high' },
      { customer_id: 2, score: '2.5' },
    ]);
    expect(second.records.rejected).toBe(4);
  });

  it('shows its rows in the history, and with those of its run as the latest', () => {
    const rows = 'SELECT count(*) AS rows, count(DISTINCT order_id) AS orders FROM sales_latest';
    expect(queryRow(database, rows)).toEqual({ rows: 99, orders: 99 });
    expect(
      queryRows(database, 'SELECT run_id, replay_of FROM _millrace_loads ORDER BY load_seq'),
    ).toMatchObject([{ replay_of: null }, { replay_of: root.run }, { replay_of: root.run }]);
  });

  it('loads nothing of what was accepted, however often it is asked for, also by the id of a replay', async () => {
    const again = await replay(first.run);
    expect(again.records).toMatchObject({ seen: 4, accepted: 0, rejected: 4 });
    expect(queryRow(database, 'SELECT count(*) AS rows FROM sales_latest')).toEqual({ rows: 99 });
  });

  it('is one of a run of its own: after the next run it is not the latest', async () => {
    const next = await run();
    expect(next.records.rejected).toBe(4);
    expect(queryRow(database, 'SELECT count(*) AS rows FROM sales_latest')).toEqual({ rows: 99 });
    expect(queryRow(database, 'SELECT count(*) AS rows FROM sales')).toEqual({ rows: 198 });
  });
});

describe('mended records', () => {
  let root: Report;
  let exported: string;
  let lines: Line[];

  interface Line {
    readonly source: string;
    readonly table: string | null;
    readonly file: string;
    readonly record_number: number;
    readonly raw: string;
  }

  beforeAll(async () => {
    await start();
    root = await run();
    exported = path.join(stack.folder, 'rejects.ndjson');
    await json('rejects', root.run, '--export', exported);
    lines = (await readFile(exported, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  });
  afterAll(() => stack.stop());

  const save = async (edited: readonly unknown[]): Promise<string> => {
    const file = path.join(stack.folder, 'mended.ndjson');
    await writeFile(file, edited.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return file;
  };
  const refusal = async (edited: readonly unknown[]) => {
    const { code, stderr } = await stack.cli('replay', root.run, '--wait', '--from', await save(edited));
    expect(code).toBe(1);
    return stderr;
  };

  it('are exported whole, each with its place', () => {
    expect(lines.length).toBe(19);
    expect(
      lines.find(({ record_number, source }) => source === 'orders' && record_number === 31),
    ).toMatchObject({
      run: root.run,
      file: 'data/orders.ndjson',
      line: 31,
      reason: 'json_syntax',
      raw: '{"order_id": 30, "customer_id": 1, "amount": }',
      raw_base64: null,
    });
    const blob = lines.find(({ table, record_number }) => table === 'customers' && record_number === 7);
    expect(blob?.raw).toBe('{"customer_id":7,"name":"Eve","score":{"$bytes":"00ff"}}');
  });

  it('are refused when they are of no reject, or twice of one, or not as exported', async () => {
    const [line] = lines;
    expect(await refusal([line, line])).toContain('Lines 1 and 2 are of the same record');
    expect(await refusal([{ ...line, record_number: 1 }])).toContain('not among the rejects that are left');
    expect(await refusal([{ ...line, raw: 'half \ud800' }])).toContain('mended.ndjson:1');
    expect(await refusal([{ ...line, file: undefined }])).toContain('file');
    expect(await readdir(path.join(stack.folder, 'home/bucket/runs'))).toEqual([root.run]);
  });

  it('are loaded, and with them those that were given back as they were are tried', async () => {
    const mend = (line: Line) => {
      if (line.source === 'orders' && line.record_number === 31)
        return { ...line, raw: '{"order_id": 30, "customer_id": 1, "amount": 3000}' };
      if (line.source === 'payments' && line.record_number === 2) return { ...line, raw: '2,15' };
      if (line.table === 'customers' && line.record_number === 7)
        return { ...line, raw: '{"customer_id":7,"name":"Eve","score":9007199254740993}' };
      return line;
    };
    const chosen = lines.filter(({ source, record_number }) => source !== 'orders' || record_number > 20);
    const first = await replay(root.run, '--from', await save(chosen.map(mend)));
    expect(first).toMatchObject({ status: 'published', records: { seen: 9, accepted: 3, rejected: 6 } });
    expect(
      queryRows(database, `SELECT order_id, amount, name FROM sales WHERE _run_id = '${first.run}'`),
    ).toEqual([{ order_id: 30, amount: '3000', name: null }]);
    expect(ids('fees', 'fee', first.run)).toEqual(['15']);
    expect(ids('people', 'score', first.run)).toEqual(['9007199254740993']);
  });

  it('are not loaded again, from the file or from the rejects', async () => {
    expect(await refusal(lines)).toContain('a replay has accepted it');
    await declareShop(pipeline, { amount: 'text', customerRequired: false });
    const rest = await replay(root.run);
    expect(rest.records.seen).toBe(16);
    expect(ids('sales', 'order_id', rest.run)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(queryRow(database, 'SELECT count(*) AS n, count(DISTINCT order_id) AS ids FROM sales')).toEqual({
      n: 100,
      ids: 100,
    });
  });
});

describe('records that are members of an object', () => {
  let root: Report;

  const declareUsers = (ageType: string, records = 'users.*') =>
    writeFile(
      path.join(pipeline, 'pipeline.yml'),
      `name: users
sources:
  users:
    type: json
    path: users.json
    records: ${records}
    tables:
      raw_users:
        columns:
          id: { type: text${records === 'users' ? '' : ', from: $key'} }
          age: { type: ${ageType} }
rejects: { max_ratio: 1 }
destination: { type: sqlite, path: out.db }
models: { users: { load: append } }
`,
    );
  const loaded = (id: string) =>
    queryRows(database, `SELECT id, age FROM users WHERE _run_id = '${id}' ORDER BY id`);

  beforeAll(async () => {
    stack = await startTestStack();
    pipeline = path.join(stack.folder, 'users');
    database = path.join(pipeline, 'out.db');
    await mkdir(path.join(pipeline, 'models'), { recursive: true });
    await writeFile(
      path.join(pipeline, 'models/users.sql'),
      'SELECT id, CAST(age AS VARCHAR) AS age FROM raw_users\n',
    );
    await writeFile(
      path.join(pipeline, 'users.json'),
      '{"users": {"u1": {"age": 1}, "u\\"2": {"age": "two"}, "u3": {"age": 3}, "u\\4": {"age": 4}}}',
    );
    await declareUsers('integer');
    root = await run();
  });
  afterAll(() => stack.stop());

  it('keep their keys when they are replayed', async () => {
    expect(root.records).toMatchObject({ seen: 4, accepted: 2, rejected: 2 });
    await declareUsers('text');
    const again = await replay(root.run, '--reason', 'type_mismatch');
    expect(loaded(again.run)).toEqual([{ id: 'u"2', age: 'two' }]);
  });

  it('are mended with their keys', async () => {
    const exported = path.join(stack.folder, 'rejects.ndjson');
    await json('rejects', root.run, '--export', exported, '--reason', 'json_syntax');
    const line = JSON.parse(await readFile(exported, 'utf8')) as { raw: string };
    expect(line.raw).toBe('"u\\4": {"age": 4}');
    await writeFile(exported, JSON.stringify({ ...line, raw: '"u4": {"age": 4}' }));
    const again = await replay(root.run, '--from', exported);
    expect(loaded(again.run)).toEqual([{ id: 'u4', age: '4' }]);
  });

  it('are not replayed as records without keys', async () => {
    const other = await json('run', pipeline, '--wait', '--full');
    expect(other.records.rejected).toBe(1);
    await declareUsers('text', 'users');
    const { code, stderr } = await stack.cli('replay', other.run, '--wait');
    expect(stderr).toContain('had a key, and are to have no key now');
    expect(code).not.toBe(0);
  });
});

describe('a replay', () => {
  afterEach(() => stack.stop());

  it('has nothing to do when all are accepted, and says so', async () => {
    await start();
    const root = await run();
    await declareShop(pipeline, { amount: 'text', customerRequired: false });
    await replay(root.run, '--reason', 'type_mismatch', '--source', 'orders');
    const again = await json('replay', root.run, '--reason', 'type_mismatch', '--source', 'orders');
    expect(again).toMatchObject({ run: null, status: 'nothing_to_replay', replay_of: root.run });
    expect(queryRow(database, 'SELECT count(*) AS loads FROM _millrace_loads')).toEqual({ loads: 2 });
  });

  it('is done once when it is asked for twice at the same time', async () => {
    await start();
    const root = await run();
    await declareShop(pipeline, { amount: 'text', customerRequired: false });
    const both = await Promise.all(
      [1, 2].map(() => stack.cli('replay', root.run, '--wait', '--json', '--source', 'orders')),
    );
    const codes = both.map(({ code }) => code).sort();
    if (codes[1] !== 0) expect(both.some(({ stderr }) => stderr.includes('replay_running'))).toBe(true);
    expect(codes[0]).toBe(0);
    expect(queryRow(database, 'SELECT count(*) AS n, count(DISTINCT order_id) AS ids FROM sales')).toEqual({
      n: 99,
      ids: 99,
    });
  });

  it('that was claimed and never requested is requested by the next command', async () => {
    await start();
    const root = await run();
    await declareShop(pipeline, { amount: 'text', customerRequired: false });
    const { run: lost } = await replay(root.run, '--source', 'orders');
    const runs = path.join(stack.folder, 'home/bucket/runs');
    const claim = await readFile(path.join(runs, root.run, 'replays/1.json'), 'utf8');
    expect(claim).toBe(await readFile(path.join(runs, lost, 'request.json'), 'utf8'));
    const other = `${lost.slice(0, -8)}0000abcd`;
    await writeFile(path.join(runs, root.run, 'replays/2.json'), secondClaim(claim, lost, other));
    const { code, stderr } = await stack.cli('replay', root.run, '--wait', '--source', 'payments');
    expect(stderr).toContain(`replayed by run ${other}`);
    expect(code).toBe(2);
    await until(async () => (await stack.store.load(other)).status === 'published', 'it is done');
  });

  it('of a run that published nothing is refused, and so is one that would replace what is there', async () => {
    await start({ load: 'replace' });
    const root = await run();
    const refused = await stack.cli('replay', root.run, '--wait');
    expect(refused.stderr).toContain("Model 'sales' is loaded with replace");
    expect(refused.code).toBe(2);
    await rm(path.join(pipeline, 'data/payments.csv'));
    expect((await stack.cli('run', pipeline, '--wait')).code).not.toBe(0);
    const [failed = ''] = await stack.store.list(1);
    expect((await stack.cli('replay', failed)).stderr).toContain('published nothing');
    expect(queryRow(database, 'SELECT count(*) AS loads FROM _millrace_loads')).toEqual({ loads: 1 });
  });

  it('joins the rows of its run in a destination of files, where `latest` stays the run itself', async () => {
    await start({ destination: '{ type: files, path: out, format: parquet }' });
    const root = await run();
    await rm(path.join(pipeline, 'data/orders.ndjson'));
    await declareShop(pipeline, {
      amount: 'text',
      customerRequired: false,
      destination: '{ type: files, path: out, format: parquet }',
    });
    const { run: id } = await replay(root.run, '--source', 'orders');
    expect(await readlink(path.join(pipeline, 'out/latest'))).toBe(`runs/${root.run}`);
    expect(await readdir(path.join(pipeline, 'out/runs'))).toEqual([root.run, id].sort());
    const { stdout } = await stack.cli('query', pipeline, 'SELECT count(*) AS n FROM sales', '--json');
    expect(stdout).toContain('99');
  });
});

/** The whole request of a second replay, as a command leaves it that dies before it requests it. */
function secondClaim(first: string, lost: string, other: string): string {
  const { crc32: _, ...request } = JSON.parse(first) as { crc32: string; replay: object };
  const replaying = { ...request.replay, sequence: 2, after: [lost], sources: ['payments'] };
  return JSON.stringify({ ...request, run: other, replay: replaying });
}

describe('a replay of a table that follows its data', () => {
  beforeAll(async () => {
    stack = await startTestStack();
    pipeline = path.join(stack.folder, 'till');
    database = path.join(pipeline, 'out.db');
    await mkdir(path.join(pipeline, 'models'), { recursive: true });
    await writeFile(
      path.join(pipeline, 'models/sold.sql'),
      'SELECT id, CAST(amount AS VARCHAR) AS amount, CAST(rate AS VARCHAR) AS rate, voucher FROM sales\n',
    );
    await declare('integer');
    const sales = Array.from({ length: 40 }, (_, id) =>
      // One amount is a mistake; all rates have become something else than was declared.
      JSON.stringify({ id, amount: id === 7 ? 'free' : id, rate: id + 0.5, voucher: `v${id}` }),
    );
    await writeFile(path.join(pipeline, 'sales.jsonl'), `${sales.join('\n')}\n`);
  });
  afterAll(() => stack.stop());

  const declare = (amount: string) =>
    writeFile(
      path.join(pipeline, 'pipeline.yml'),
      `name: till
sources:
  till:
    type: json
    path: sales.jsonl
    tables:
      sales:
        contract: { new_columns: evolve, changed_types: evolve }
        columns: { id: { type: integer }, amount: { type: ${amount} }, rate: { type: integer } }
    rejects: { max_ratio: 0.1 }
models: { sold: { load: append } }
destination: { type: sqlite, path: out.db }
checks:
  sales: [ { not_null: id }, { row_count: { min: 10 } }, { sql: checks/none.sql } ]
`,
    );

  it('has the columns that it had become, and those that were mended since, and says what it was not asked', async () => {
    await mkdir(path.join(pipeline, 'checks'));
    await writeFile(path.join(pipeline, 'checks/none.sql'), 'SELECT * FROM sales WHERE id < 0\n');
    const root = await run();
    expect(root.records).toMatchObject({ seen: 40, rejected: 1 });
    await declare('text');
    const mended = await replay(root.run);
    expect(
      queryRows(database, `SELECT id, amount, rate, voucher FROM sold WHERE _run_id = '${mended.run}'`),
    ).toEqual([{ id: 7, amount: 'free', rate: '7.5', voucher: 'v7' }]);
    const { stdout } = await stack.cli('checks', mended.run);
    expect(stdout).toContain('for whole tables: sales.row_count, sales.sql.none.');
    expect(stdout).toContain('sales.not_null.id');
  });
});
