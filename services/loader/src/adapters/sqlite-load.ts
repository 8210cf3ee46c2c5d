import path from 'node:path';

import { openEngine, type Engine, type EngineSettings } from '@millrace/shared/adapters/duckdb';
import { streamRows } from '@millrace/shared/adapters/parquet-reader';
import type { ReplayRequest } from '@millrace/shared/core/replay';
import type { CheckedRun } from '@millrace/shared/core/run-checks';
import type { InputRecord } from '@millrace/shared/core/run-record';
import { moveWatermarks, type PlannedCursor } from '@millrace/shared/core/watermark';
import type { Database } from 'better-sqlite3';

import { destinationTime } from '@millrace/shared/core/destination-time';
import { requireKnownReplays } from '../core/replay-fence.ts';
import { publishedRun, type RunFacts } from '../core/run-facts.ts';
import { sqliteColumns, type SqliteColumn } from '../core/sqlite-column.ts';
import { checkStoredColumns, rowsDiffer, type StoredTable } from '../core/table-load.ts';
import { syncFolder } from './destination-folder.ts';
import { checkMergeKey } from './merge-key.ts';
import { explainSqliteError } from '@millrace/shared/adapters/destination-sqlite-error';
import { readWatermarks } from '@millrace/shared/adapters/destination-sqlite-watermarks';
import { recordChecks } from './sqlite-checks.ts';
import { recordContracts } from './sqlite-contracts.ts';
import { countLoaded } from './sqlite-count.ts';
import { beginImmediate, openSqliteFile, type LockWait } from './sqlite-file.ts';
import { createInserter } from './sqlite-insert.ts';
import {
  findLoad,
  findReplays,
  prepareLedger,
  recordLoad,
  recordRun,
  recordWatermarks,
} from './sqlite-ledger.ts';
import { fitTable, recordTable } from './sqlite-table.ts';

/** Everything that publishing a run takes; plain data, so that it can go to a thread. */
export interface LoadOrder {
  /** Path of the destination. */
  readonly path: string;
  readonly facts: RunFacts;
  readonly inputs: readonly InputRecord[];
  readonly planSha256: string;
  readonly tables: readonly StoredTable[];
  /** Set when the run is a replay. */
  readonly replay: Pick<ReplayRequest, 'root' | 'after'> | null;
  readonly cursors: CursorOrder;
  readonly checked: CheckedRun;
  /** Of the DuckDB that reads the batches. */
  readonly engine: EngineSettings;
}

/** The watermarks to move with the rows. */
export interface CursorOrder {
  readonly planned: readonly PlannedCursor[];
  /** Index of the destination in the plan. */
  readonly destination: number;
}

export interface LoadOutcome {
  /** ISO UTC. */
  readonly publishedAt: string;
  /** Rows of the run in each table. */
  readonly tables: Readonly<Record<string, number>>;
  /** Null when an earlier attempt had published the run. */
  readonly counts: readonly TableCounts[] | null;
  /** True when an earlier attempt had published the run. */
  readonly already: boolean;
}

/** Rows of one table at both ends of the load, counted by different code. */
export interface TableCounts {
  readonly table: string;
  /** From the batches. */
  readonly read: number;
  /** As the destination says. */
  readonly inserted: number;
}

export interface LoadHooks {
  /** Rows loaded so far, over all tables. */
  readonly onRows: (rows: number) => void;
  /** A change of the destination that nobody asked for in words, such as a new column. */
  readonly onNotice: (notice: string) => void;
  /**
   * Called when all is written and only the publishing itself is left, with the destination's lock held. Throws when
   * the run was cancelled, and then nothing of it remains; once it has returned the run can no longer be cancelled.
   */
  readonly claimPublish: () => Promise<void>;
}

type PublishHooks = LoadHooks & Pick<LockWait, 'throwIfStopped'>;

/** Rows are made into JavaScript values a chunk at a time; their memory is what this bounds. */
const ROWS_PER_CHUNK = 2048;

/**
 * Publishes a run in a SQLite database: ledger row, rows and run record in one transaction, whose COMMIT is the
 * publishing. A reader sees none of the run or all of it. A run that is in the ledger already is left as it is.
 * `wait.throwIfStopped` is called between chunks too; of a load that it ends nothing remains.
 */
export async function loadIntoSqlite(
  order: LoadOrder,
  hooks: LoadHooks,
  wait: LockWait,
): Promise<LoadOutcome> {
  const columns = new Map(order.tables.map((table) => [table.table, sqliteColumns(table.columns, table)]));
  const engine = await openEngine(order.engine);
  try {
    await checkMergeKeys(engine, order.tables, wait);
    const db = await openSqliteFile(order.path, wait);
    try {
      beginImmediate(db, wait);
      const outcome = await publish(db, engine, order, columns, { ...hooks, ...wait });
      // SQLite does so too, but says nothing when it fails: a power cut could then take a new database with its committed run.
      await syncFolder(path.dirname(order.path));
      // A run that is published already was claimed by the attempt that did it.
      if (!outcome.already) await hooks.claimPublish();
      db.exec(outcome.already ? 'ROLLBACK' : 'COMMIT');
      return outcome;
    } finally {
      // Rolls back when the transaction is still open.
      db.close();
    }
  } catch (error) {
    throw explainSqliteError(error, order.path);
  } finally {
    await engine.close();
  }
}

const INTERRUPT_EVERY_MS = 100;

/** DuckDB works in threads of its own, so it has to be told. */
async function checkMergeKeys(
  engine: Engine,
  tables: readonly StoredTable[],
  { throwIfStopped }: LockWait,
): Promise<void> {
  const timer = setInterval(() => {
    try {
      throwIfStopped();
    } catch {
      // What it throws then is of no concern: whoever told this thread to stop knows why.
      engine.interrupt();
    }
  }, INTERRUPT_EVERY_MS);
  try {
    for (const table of tables)
      if (table.disposition.kind === 'merge') await checkMergeKey(engine, table, table.disposition.key);
  } finally {
    clearInterval(timer);
  }
}

/** Everything between BEGIN and COMMIT. */
async function publish(
  db: Database,
  engine: Engine,
  order: LoadOrder,
  columns: ReadonlyMap<string, readonly SqliteColumn[]>,
  hooks: PublishHooks,
): Promise<LoadOutcome> {
  prepareLedger(db, order.path);
  const { run, pipeline } = order.facts;
  const earlier = findLoad(db, run);
  if (earlier !== null) return { ...earlier, counts: null, already: true };
  if (order.replay !== null)
    requireKnownReplays(order.replay, findReplays(db, order.replay.root), order.path);
  const { planned, destination } = order.cursors;
  const watermarks = moveWatermarks(planned, destination, readWatermarks(db, pipeline));
  const loadedAt = destinationTime(new Date().toISOString());
  const counts: TableCounts[] = [];
  let total = 0;
  for (const table of order.tables) {
    const fitted = { table, columns: columns.get(table.table) ?? [], run, loadedAt, pipeline };
    const loaded = await loadTable(db, engine, fitted, {
      ...hooks,
      onRows: (loaded) => hooks.onRows(total + loaded),
    });
    recordTable(db, { ...table, pipeline }, table.columns, order.facts);
    counts.push(loaded);
    total += loaded.read;
  }
  const publishedAt = new Date().toISOString();
  const record = publishedRun(order.facts, publishedAt, total);
  const tables = Object.fromEntries(counts.map(({ table, inserted }) => [table, inserted]));
  recordLoad(db, { record, planSha256: order.planSha256, tables });
  recordRun(db, record, order.inputs);
  recordChecks(db, run, order.checked);
  recordContracts(db, order.checked.contracts);
  recordWatermarks(db, { pipeline, run }, watermarks);
  return { publishedAt, tables, counts, already: false };
}

interface TableTarget {
  readonly table: StoredTable;
  readonly columns: readonly SqliteColumn[];
  readonly pipeline: string;
  readonly run: string;
  readonly loadedAt: string;
}

/** @returns the rows of the run at both ends, which are the same, and the same as are found in the table, or it throws */
async function loadTable(
  db: Database,
  engine: Engine,
  { table, columns, pipeline, run, loadedAt }: TableTarget,
  hooks: PublishHooks,
): Promise<TableCounts> {
  const { absent, notices } = fitTable(db, { ...table, columns, pipeline, database: db.name });
  notices.forEach(hooks.onNotice);
  const stream = await streamRows(engine, table.paths, { rowsPerChunk: ROWS_PER_CHUNK });
  if (table.paths.length > 0) checkStoredColumns(table, table.columns, stream.schema);
  const names = columns.map((column) => column.name);
  const insert = createInserter(db, { ...table, columns: names, absent, run, loadedAt }, columns);
  let read = 0;
  let written = 0;
  for await (const chunk of stream) {
    hooks.throwIfStopped();
    written += insert(chunk);
    read += chunk.rowCount;
    hooks.onRows(read);
  }
  if (read !== table.rows) throw rowsDiffer(table.table, table.rows, read, 'in its batches');
  if (written !== read) throw rowsDiffer(table.table, read, written, 'written to the destination');
  const found = countLoaded(db, table.table, table.disposition, run) ?? written;
  if (found !== written) throw rowsDiffer(table.table, written, found, 'in the destination');
  return { table: table.table, read, inserted: written };
}
