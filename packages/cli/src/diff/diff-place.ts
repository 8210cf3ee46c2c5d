import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { openEngine, readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { openBatches } from '@millrace/shared/adapters/open-batches';
import type { BatchReference } from '@millrace/shared/core/batch';
import { RUN_COLUMN } from '@millrace/shared/core/ledger-schema';
import { quoteIdentifier, quoteLiteral } from '@millrace/shared/core/sql-text';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';

import type { Ask, DiffPlace } from './diff-table.ts';
import type { RunTable } from './run-table.ts';

/**
 * Calls `work` where the rows of both runs are: over the bucket's objects, else in the destination that both have
 * published to; with null when the rows of one of them are gone.
 */
export async function withDiffPlace<T>(
  bucket: Bucket,
  config: Config,
  [before, after]: readonly [RunTable, RunTable],
  work: (place: DiffPlace | null) => Promise<T>,
): Promise<T> {
  if (before.batches !== null && after.batches !== null) {
    const { memoryLimitBytes, threads, spillDir } = config;
    const engine = await openEngine({ memoryLimitBytes, threads, spillDir });
    try {
      const show = async (name: string, table: RunTable, batches: readonly BatchReference[]) => {
        const paths = await openBatches(bucket, batches, new AbortController().signal);
        await engine.run(`CREATE VIEW ${name} AS ${selectFrom(table, paths)}`);
      };
      await show('rows_before', before, before.batches);
      await show('rows_after', after, after.batches);
      const place = {
        source: 'bucket',
        engine: 'duckdb',
        before: 'rows_before',
        after: 'rows_after',
      } as const;
      return await work({ ...place, ask: askEngine(engine) });
    } finally {
      await engine.close();
    }
  }
  return withPublished(before, after, work);
}

async function withPublished<T>(
  before: RunTable,
  after: RunTable,
  work: (place: DiffPlace | null) => Promise<T>,
): Promise<T> {
  const destination = after.published;
  if (destination === null || before.published?.path !== destination.path) return work(null);
  const isSqlite = destination.type === 'sqlite';
  const table = quoteIdentifier(isSqlite ? after.name : `${after.name}_all`);
  const of = ({ run }: RunTable) => `(SELECT * FROM ${table} WHERE ${RUN_COLUMN} = ${quoteLiteral(run)})`;
  const reader = openDestinationReader(destination);
  const ask: Ask = async (sql) => {
    const { rows } = await reader.query(sql, { maxRows: 10_000 });
    return rows.map((row) =>
      row.map((value) => (value === null || typeof value === 'number' ? value : textOf(value))),
    );
  };
  try {
    const engine = isSqlite ? 'sqlite' : 'duckdb';
    return await work({ source: 'destination', engine, before: of(before), after: of(after), ask });
  } finally {
    await reader.close();
  }
}

function textOf(value: string | bigint | boolean | Uint8Array): string {
  return value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : String(value);
}

function selectFrom({ columns }: RunTable, paths: readonly string[]): string {
  if (paths.length > 0) return `SELECT * FROM ${readParquetSql(paths)}`;
  const nulls = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`);
  return `SELECT ${nulls.join(', ')} WHERE false`;
}

function askEngine(engine: Engine): Ask {
  return async (sql) => {
    const rows = await engine.rows(sql);
    return rows.map((row) =>
      Object.values(row).map((value) =>
        value === null || typeof value === 'number' ? value : String(value as string | bigint),
      ),
    );
  };
}
