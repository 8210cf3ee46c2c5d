import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { copyToParquetSql, openEngine } from '@millrace/shared/adapters/duckdb';
import { streamRows } from '@millrace/shared/adapters/parquet-reader';
import type { ColumnSchema } from '@millrace/shared/core/batch';
import type { Disposition } from '@millrace/shared/core/pipeline';

import type { LoadOrder } from '../adapters/sqlite-load.ts';
import type { ThreadHooks } from '../adapters/sqlite-thread.ts';
import type { StoredTable } from '../core/table-load.ts';

const ENGINE = { memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null } as const;

/** Of a load that nobody watches and nobody cancels. */
export const SILENT: ThreadHooks = {
  onRows: () => undefined,
  onNotice: () => undefined,
  onBlocked: () => undefined,
  claimPublish: () => Promise.resolve(),
};

/** Runs each query in DuckDB and keeps its rows as one Parquet batch. */
export async function storeTable(
  folder: string,
  table: string,
  disposition: Disposition,
  queries: readonly string[],
): Promise<StoredTable> {
  await mkdir(folder, { recursive: true });
  const engine = await openEngine(ENGINE);
  try {
    const paths: string[] = [];
    for (const query of queries) {
      const file = path.join(folder, `${table}.${paths.length}.parquet`);
      await engine.run(copyToParquetSql(query, file));
      paths.push(file);
    }
    const stream = await streamRows(engine, paths, { rowsPerChunk: 2048 });
    let rows = 0;
    for await (const chunk of stream) rows += chunk.rowCount;
    const columns: readonly ColumnSchema[] = stream.schema;
    return { table, file: `models/${table}.sql`, disposition, columns, rows, paths };
  } finally {
    await engine.close();
  }
}

/** Ids that sort by their number. */
export function runId(number: number): string {
  return `20261122T0600${String(number).padStart(2, '0')}-0000000a`;
}

/** The order to publish these tables as run `number` of a pipeline. */
export function loadOrder(
  destination: string,
  number: number,
  tables: readonly StoredTable[],
  pipeline = 'shop',
): LoadOrder {
  const requestedAt = `2026-11-22T06:00:${String(number).padStart(2, '0')}.000Z`;
  return {
    path: destination,
    facts: {
      run: runId(number),
      pipeline,
      trigger: 'cli',
      replayOf: null,
      retries: 0,
      requestedAt,
      startedAt: requestedAt,
      recordsSeen: 12,
      recordsRejected: 2,
      codeVersion: '0.1.0',
      bundle: 'b'.repeat(64),
    },
    inputs: [
      {
        source: 'orders',
        path: '/data/orders.json',
        sizeBytes: 345,
        modifiedAt: '2026-11-21T22:30:00.250Z',
        sha256: 'c'.repeat(64),
        recordsSeen: 12,
        recordsAccepted: 10,
        recordsRejected: 2,
      },
    ],
    planSha256: 'd'.repeat(64),
    tables,
    replay: null,
    checked: { results: [], profiles: [], failures: [], drift: [], contracts: [] },
    cursors: { planned: [], destination: 0 },
    engine: ENGINE,
  };
}
