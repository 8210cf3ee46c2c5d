import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { queryRows } from '../support/published.ts';
import { startTestStack, type CliResult, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

const PIPELINE = `name: shop
sources:
  orders:
    type: json
    path: orders.json
    tables:
      orders:
        columns:
          id: { type: integer, required: true }
          note: { type: text }
models:
  counts: { load: append }
destination: { type: sqlite, path: out.db }
`;

let stack: TestStack;
let folder: string;
let number = 0;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

beforeEach(async () => {
  number += 1;
  folder = path.join(stack.folder, `shop-${number}`);
  await mkdir(path.join(folder, 'models'), { recursive: true });
  await write('pipeline.yml', PIPELINE);
  await write('models/counts.sql', 'SELECT count(*) AS orders FROM orders\n');
  await write('orders.json', '{"id": 1}\n{"id": 2, "note": "x"}\n');
});

const write = (name: string, text: string | Uint8Array) => writeFile(path.join(folder, name), text);
const run = () => stack.cli('run', folder, '--wait');

/** What a person gets: the class of the cause as exit code, sentences, and no stack trace. */
function expectSentences(result: CliResult, code: number, ...parts: (string | RegExp)[]): void {
  expect(result.stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  for (const part of parts) expect(result.stderr).toMatch(part);
  expect(result.stderr).toContain('try:');
  expect(result.code).toBe(code);
}

describe('a mistake gets a sentence that says where and what to do', () => {
  it('does nothing of the kind when all is well', async () => {
    expect(await run()).toMatchObject({ code: 0 });
  });

  it('a misspelt key in pipeline.yml', async () => {
    await write('pipeline.yml', PIPELINE.replace('required:', 'requierd:'));
    expectSentences(
      await stack.cli('validate', folder),
      2,
      "'requierd'",
      "Did you mean 'required'?",
      'pipeline.yml:9',
    );
  });

  it('a model that names an unknown table', async () => {
    await write(
      'models/counts.sql',
      'SELECT count(*) AS orders\nFROM order\n'.replace('order\n', 'ordesr\n'),
    );
    expectSentences(await run(), 2, "'ordesr'", "Did you mean 'orders'?", 'models/counts.sql:2');
  });

  it('a model that names an unknown column', async () => {
    await write('models/counts.sql', 'SELECT ids FROM orders\n');
    expectSentences(await run(), 2, 'ids', 'models/counts.sql');
  });

  it('a model that is not a SELECT', async () => {
    await write('models/counts.sql', "COPY orders TO 'x.csv'\n");
    expectSentences(await run(), 2, 'SELECT', 'models/counts.sql');
  });

  it('a file that does not exist', async () => {
    await write('pipeline.yml', PIPELINE.replace('orders.json', 'data/order-*.json'));
    expectSentences(await run(), 2, "'data/order-*.json'", folder);
  });

  it('a file that is not a SQLite database', async () => {
    await write('pipeline.yml', PIPELINE.replace('type: json', 'type: sqlite'));
    expectSentences(await run(), 1, 'not a SQLite database', path.join(folder, 'orders.json'));
  });

  it('a SQLite table that does not exist', async () => {
    const { default: Database } = await import('better-sqlite3');
    new Database(path.join(folder, 'shop.db'))
      .exec('CREATE TABLE orders_2026 (id INTEGER, note TEXT)')
      .close();
    await write(
      'pipeline.yml',
      PIPELINE.replace('type: json', 'type: sqlite').replace('orders.json', 'shop.db'),
    );
    expectSentences(await run(), 2, "'orders'", 'orders_2026');
  });

  it('a file cut off in the middle', async () => {
    const { gzipSync } = await import('node:zlib');
    const whole = gzipSync('{"id": 1}\n'.repeat(1000));
    await write('orders.json.gz', whole.subarray(0, whole.length - 20));
    await write('pipeline.yml', PIPELINE.replace('orders.json', 'orders.json.gz'));
    expectSentences(await run(), 1, 'orders.json.gz', /damaged|cut off/);
  });

  it('a destination whose folder is a file', async () => {
    await write('pipeline.yml', PIPELINE.replace('out.db', 'orders.json/out.db'));
    expectSentences(await run(), 3, path.join(folder, 'orders.json'));
  });

  it('a destination that is not a database', async () => {
    await write(
      'out.db',
      'this is a text file, and a long one, so that it cannot be taken for an empty database',
    );
    expectSentences(await run(), 2, path.join(folder, 'out.db'));
  });

  it('a destination with a table of somebody else', async () => {
    const { default: Database } = await import('better-sqlite3');
    new Database(path.join(folder, 'out.db')).exec('CREATE TABLE counts (x)').close();
    expectSentences(await run(), 2, "'counts'", 'millrace did not make', 'models/counts.sql');
  });

  it('a pipeline name that does not exist', async () => {
    expectSentences(await stack.cli('run', 'no_such_pipeline', '--wait'), 2, 'no_such_pipeline');
  });

  it('a Redis that cannot be reached, at once', async () => {
    expectSentences(
      await stack.cliWith({ REDIS_URL: 'redis://127.0.0.1:1' }, 'run', folder, '--wait'),
      3,
      'Redis',
      '127.0.0.1:1',
    );
  });

  it('too many rejects: nothing is published, and the run is in the history as failed', async () => {
    await write('orders.json', '{"id": 1}\n{"id": "two"}\n{"id": 3}\n');
    expect(await run()).toMatchObject({ code: 0 });
    await write('pipeline.yml', `${PIPELINE}rejects: { max_rows: 0 }\n`);
    const ended = await run();
    const place = 'orders.json:2  (record 2, byte 10)';
    expectSentences(ended, 1, '1 of 3 records were rejected', 'type_mismatch 1', ' rejects 2', place);
    expectSentences(ended, 1, 'orders.id is "two"; expected');
    const { stdout } = await stack.cli('status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      warnings: [{ code: 'records_rejected' }],
      error: {
        code: 'reject_limit',
        rejects: {
          records_seen: 3,
          records_rejected: 1,
          by_reason: { type_mismatch: 1 },
          files: [{ file: 'orders.json', records_rejected: 1 }],
          examples: [
            { reason: 'type_mismatch', file: 'orders.json', line: 2, record_number: 2, byte_offset: 10 },
          ],
        },
      },
    });
    const database = path.join(folder, 'out.db');
    expect(queryRows(database, 'SELECT count(*) AS rows FROM counts')).toEqual([{ rows: 1 }]);
    const history = () =>
      queryRows(database, 'SELECT status, error_code FROM _millrace_runs ORDER BY requested_at');
    await until(() => history().length === 2, 'the failed run is in the history');
    expect(history()).toEqual([
      { status: 'published', error_code: null },
      { status: 'failed', error_code: 'reject_limit' },
    ]);
  });
});
