import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { cursorValue } from '@millrace/shared/core/cursor';
import type { Watermark } from '@millrace/shared/core/watermark';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { loadOrder, runId, SILENT, storeTable } from '../testing/load-order.ts';
import { publishFiles } from './files-publish.ts';
import { loadIntoSqlite, type LoadOrder } from './sqlite-load.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-watermarks-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const place = { source: 'app', table: 'sales', file: 'app.db' };

/** One after the other: a load waits for the lock in its thread, and these would all wait in one. */
let last: Promise<unknown> = Promise.resolve();

function load(order: LoadOrder) {
  return loadIntoSqlite(order, SILENT, { lockWaitMs: 5000, throwIfStopped: () => undefined });
}

const DESTINATIONS = {
  sqlite: {
    destination: () => ({ type: 'sqlite', path: path.join(folder, 'out.db') }) as const,
    publish: (order: LoadOrder) => (last = last.catch(() => undefined).then(() => load(order))),
  },
  files: {
    destination: () => ({ type: 'files', path: path.join(folder, 'out'), format: 'csv' }) as const,
    publish: (order: LoadOrder) =>
      publishFiles(order, {
        ...SILENT,
        format: 'csv',
        attempt: order.facts.run,
        signal: new AbortController().signal,
      }),
  },
};

describe.each(Object.entries(DESTINATIONS))('a destination of type %s', (_, { destination, publish }) => {
  /** Publishes run `number`, which was planned from this watermark. */
  async function run(number: number, found: bigint | null, upTo: bigint) {
    const table = await storeTable(path.join(folder, `batches-${number}`), 'sales', { kind: 'append' }, [
      `SELECT ${number} AS run`,
    ]);
    const mark = found === null ? null : { column: 'id', value: cursorValue(found) };
    const planned = [
      { ...place, column: 'id', found: [mark], after: mark?.value ?? null, upTo: cursorValue(upTo) },
    ];
    return publish({
      ...loadOrder(destination().path, number, [table]),
      cursors: { planned, destination: 0 },
    });
  }

  async function read(): Promise<{ runs: string[]; watermarks: Watermark[] }> {
    const reader = openDestinationReader(destination());
    try {
      const runs = (await reader.runs(100)).map((record) => record.run);
      return { runs: runs.sort(), watermarks: await reader.watermarks('shop') };
    } finally {
      await reader.close();
    }
  }

  const at = (value: bigint) => [{ ...place, column: 'id', value: cursorValue(value) }];

  test('moves the watermark with each run, and keeps those of other pipelines apart', async () => {
    expect((await read()).watermarks).toEqual([]);
    await run(1, null, 9_007_199_254_740_993n);
    expect(await read()).toEqual({ runs: [runId(1)], watermarks: at(9_007_199_254_740_993n) });
    await run(2, 9_007_199_254_740_993n, 9_007_199_254_740_995n);
    expect((await read()).watermarks).toEqual(at(9_007_199_254_740_995n));
    const reader = openDestinationReader(destination());
    expect(await reader.watermarks('other')).toEqual([]);
    await reader.close();
  });

  test('takes one of several runs that were planned from the same watermark', async () => {
    await run(1, null, 5n);
    const ends = await Promise.allSettled([2, 3, 4, 5].map((number) => run(number, 5n, 9n)));
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    expect(refused).toHaveLength(3);
    for (const reason of refused) expect(reason).toMatchObject({ code: 'watermark_moved' });
    expect((await read()).runs).toHaveLength(2);
    expect((await read()).watermarks).toEqual(at(9n));
    const left = (await readdir(folder, { recursive: true })).filter((name) => name.includes('.incoming-'));
    expect(left).toEqual([]);
  });

  test('says of a run that is published already that it is, however far the watermark has moved', async () => {
    await run(1, null, 5n);
    await run(2, 5n, 9n);
    expect(await run(1, null, 5n)).toMatchObject({ already: true });
    expect((await read()).watermarks).toEqual(at(9n));
  });
});
