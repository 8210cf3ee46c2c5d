import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

import { fail, type MillraceError } from '../core/errors.ts';
import { escapeGlob, quoteList, quoteLiteral, quotePaths } from '../core/sql-text.ts';
import { DuckDBInstance, type DuckDBConnection, type JS } from '../npm/duckdb.ts';
import { hasErrno, makeFolder, NEEDS_A_PERSON } from './durable-file.ts';

export interface EngineSettings {
  readonly memoryLimitBytes: number;
  readonly threads: number;
  /** Folder for what does not fit into memory; each engine makes one of its own in it. Null: nothing is spilled. */
  readonly spillDir: string | null;
}

export type EngineRow = Record<string, JS>;

/** An in-memory DuckDB. Its work runs in native threads; only the values that cross over cost the event loop. */
export interface Engine {
  readonly settings: EngineSettings;
  /** Runs one statement. Throws `out_of_memory`, or DuckDB's own error for the caller to explain. */
  run(sql: string): Promise<void>;
  /** The same, for results small enough to be held at once. Integers of 64 bits are bigints. */
  rows(sql: string, values?: readonly string[]): Promise<EngineRow[]>;
  /** A connection of its own, for work beside `run`; the engine closes it at the latest. */
  connect(): Promise<DuckDBConnection>;
  /** A name that no other caller of this engine has. */
  uniqueName(prefix: string): string;
  /** Breaks off what `run` and `rows` are doing; it then fails with DuckDB's `Interrupted!`. */
  interrupt(): void;
  /**
   * Takes away for good all access to files and network, except to these files, and to extensions and settings.
   * @param paths absolute, exactly as SQL will name them
   */
  confineTo(paths: readonly string[]): Promise<void>;
  /** An error of DuckDB as `out_of_memory` if that is what it is, else unchanged. */
  explain(error: unknown): unknown;
  close(): Promise<void>;
}

/**
 * Nothing is fetched or loaded on demand: what works must not depend on the network. UTC, because the clock zone
 * of a machine must not change a result.
 */
export async function openEngine(settings: EngineSettings): Promise<Engine> {
  const spill = settings.spillDir === null ? null : await makeSpillFolder(settings.spillDir);
  try {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${settings.memoryLimitBytes}B`,
      threads: String(settings.threads),
      temp_directory: spill ?? '',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_persistent_secrets: 'false',
      // What the system keeps of files in memory is not to be kept once more in that of the engine.
      enable_external_file_cache: 'false',
    });
    const main = await instance.connect();
    await main.run("SET GLOBAL TimeZone = 'UTC'");
    return createEngine(settings, instance, main, spill);
  } catch (error) {
    await removeSpillFolder(spill);
    throw error;
  }
}

function createEngine(
  settings: EngineSettings,
  instance: DuckDBInstance,
  main: DuckDBConnection,
  spill: string | null,
): Engine {
  const connections = [main];
  let names = 0;
  const explain = (error: unknown) => explainError(error, settings, spill);
  return {
    settings,
    explain,
    async run(sql) {
      try {
        await main.run(sql);
      } catch (error) {
        throw explain(error);
      }
    },
    async rows(sql, values = []) {
      try {
        return (await main.runAndReadAll(sql, [...values])).getRowObjectsJS();
      } catch (error) {
        throw explain(error);
      }
    },
    async connect() {
      const connection = await instance.connect();
      connections.push(connection);
      return connection;
    },
    uniqueName: (prefix) => `${prefix}_${++names}`,
    interrupt: () => main.interrupt(),
    async confineTo(paths) {
      // A pattern is looked up before it is matched, and is to be allowed as it stands.
      const allowed = [...new Set([...paths, ...paths.map(escapeGlob)])];
      await main.run(`SET allowed_paths = ${quoteList(allowed)}`);
      await main.run('SET enable_external_access = false');
      await main.run('SET lock_configuration = true');
    },
    async close() {
      for (const connection of connections) connection.closeSync();
      instance.closeSync();
      await removeSpillFolder(spill);
    },
  };
}

/** DuckDB names its spill files the same in every process, so two that shared a folder would mix their data. */
function makeSpillFolder(parent: string): Promise<string> {
  const folder = path.resolve(parent);
  return guardSpill(folder, async () => {
    await makeFolder(folder);
    return mkdtemp(path.join(folder, `${process.pid}-`));
  });
}

async function removeSpillFolder(folder: string | null): Promise<void> {
  if (folder !== null) await guardSpill(folder, () => rm(folder, { recursive: true, force: true }));
}

async function guardSpill<T>(folder: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fail(hasErrno(error, ...NEEDS_A_PERSON) ? 'config_invalid' : 'spill_unavailable', {
      message: `The spill folder cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      where: folder,
      hint: 'Free some space on its disk, or set MILLRACE_SPILL_DIR to a folder that this user can write.',
      cause: error,
    });
  }
}

const MEBIBYTE = 1024 * 1024;
const SPILL_FULL = /failed to offload data block/;
/** An appender puts words of its own before the error, in place of its kind. */
const OUT_OF_MEMORY = /^Out of Memory Error|could not allocate block|failed to allocate data/;

/** The disk failed, which says nothing about the statement. */
const UNREADABLE = /^IO Error: [^\n]*"([^"\n]+)": Input\/output error/;

function explainError(error: unknown, settings: EngineSettings, spill: string | null): unknown {
  if (!(error instanceof Error)) return error;
  const spillFull = spill !== null && (error.message.includes(spill) || SPILL_FULL.test(error.message));
  if (!spillFull && !OUT_OF_MEMORY.test(error.message)) return unreadableFile(error) ?? error;
  const limit = `${Math.floor(settings.memoryLimitBytes / MEBIBYTE)} MiB`;
  const firstLine = error.message.split('\n', 1)[0] ?? '';
  return fail('out_of_memory', {
    message: spillFull
      ? `The spill folder cannot take what does not fit into the ${limit} of memory: ${firstLine}`
      : `The ${limit} of memory that DuckDB may use are not enough: ${firstLine}`,
    where: settings.spillDir ?? undefined,
    hint:
      settings.spillDir === null
        ? 'Raise MILLRACE_MEMORY_MB.'
        : 'Raise MILLRACE_MEMORY_MB, lower MILLRACE_THREADS, or give MILLRACE_SPILL_DIR a disk with more space.',
    cause: error,
  });
}

function unreadableFile(error: Error): MillraceError | null {
  const [told, file] = UNREADABLE.exec(error.message) ?? [];
  if (told === undefined) return null;
  return fail('bucket_unavailable', {
    message: `A file of the bucket failed: ${told}.`,
    where: file,
    hint: 'Look at the disk of the bucket folder and the system log.',
    cause: error,
  });
}

/** An error of DuckDB about a file of the bucket as `bucket_unavailable`; null if it is something else. */
export function bucketError(error: unknown, key: string): MillraceError | null {
  if (!(error instanceof Error) || !error.message.startsWith('IO Error')) return null;
  return fail('bucket_unavailable', {
    message: `The bucket failed: ${error.message}`,
    where: key,
    hint: 'Check the space and the rights of the bucket folder.',
    cause: error,
  });
}

/** The list of files as the argument of a table that reads exactly them, whatever their folders are called. */
export function readParquetSql(paths: readonly string[]): string {
  return `read_parquet(${quotePaths(paths)}, hive_partitioning = false, union_by_name = false)`;
}

/** DuckDB holds a row group in memory while it writes it; its own default is too much where rows are wide. */
const ROW_GROUP_ROWS = 24_576;

/** The statement that writes a query as one Parquet file, straight to its path. */
export function copyToParquetSql(query: string, target: string): string {
  const options = `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, USE_TMP_FILE false`;
  return `COPY (\n${query}\n) TO ${quoteLiteral(target)} (${options})`;
}
