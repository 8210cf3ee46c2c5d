import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { generateStorefront } from 'millrace/dist/demo/storefront-generator.js';
import { afterEach, describe, expect, it } from 'vitest';

import { queryRow } from '../support/published.ts';
import { ROOT, startTestStack, type TestStack } from '../support/test-stack.ts';

const ORDERS = 130_000;

let stack: TestStack;
afterEach(() => stack.stop());

/** Several extractors share one file, and no place in it is told wrong. */
describe.each(['lines', 'array'] as const)('one large file of %s', (format) => {
  it('is cut into partitions; rejects have the line and offset of the whole file', async () => {
    stack = await startTestStack(['extractor', 'extractor', 'transformer', 'loader']);
    const pipeline = path.join(stack.folder, 'storefront');
    await cp(path.join(ROOT, 'pipelines/storefront'), pipeline, {
      recursive: true,
      filter: (file) => !/\/data$|\.db/.test(file),
    });
    const { ledger } = await generateStorefront({
      dir: path.join(pipeline, 'data'),
      orders: ORDERS,
      seed: 5,
      format,
      files: 1,
      badRatio: 0.0005,
    });
    await writeFile(
      path.join(pipeline, 'models/orders_counted.sql'),
      'SELECT count(*) AS orders FROM orders',
    );
    const file = path.join(pipeline, 'pipeline.yml');
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('models:', 'models:\n  orders_counted: { load: append }'),
    );

    const run = await stack.cli('run', pipeline, '--wait', '--json');
    expect(run.stderr).toBe('');
    expect(run.code).toBe(0);

    const { plan, manifests } = await stack.store.load((JSON.parse(run.stdout) as { run: string }).run);
    const partitions =
      plan?.tasks.filter((task) => task.kind === 'extract' && task.source === 'orders') ?? [];
    expect(partitions.length).toBeGreaterThan(1);
    const workers = new Set(partitions.map((task) => manifests.get(task.id)?.worker));
    expect(workers.size).toBe(2);
    expect(queryRow(path.join(pipeline, 'final_analytics.db'), 'SELECT orders FROM orders_counted')).toEqual({
      orders: ORDERS,
    });

    const { stdout } = await stack.cli('rejects', '--json', '--limit', '100000');
    const found = (JSON.parse(stdout) as { samples: Record<string, unknown>[] }).samples;
    const place = (line: unknown, record: unknown, offset: unknown, reason: unknown) =>
      [line, record, offset, reason].join(' ');
    expect(
      found.map((r) => place(r['line'], r['record_number'], r['byte_offset'], r['reason'])).sort(),
    ).toEqual(
      ledger.bad_records.map((bad) => place(bad.line, bad.record_number, bad.byte_offset, bad.reason)).sort(),
    );
  });
});
