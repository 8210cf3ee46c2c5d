import path from 'node:path';

import { isMillraceError } from '../core/errors.ts';
import {
  belongsTo,
  FILES_LAYOUT,
  newestRecord,
  newestRun,
  newestWatermarks,
  type PublishedRecord,
  type PublishedTable,
} from '../core/published-record.ts';
import { beginsAsQuery } from '../core/query-text.ts';
import type { RunRecord } from '../core/run-record.ts';
import { quoteIdentifier, quoteLiteral, quotePaths } from '../core/sql-text.ts';
import type {
  DestinationReader,
  PublishedTableInfo,
  QueryResult,
  RunDetail,
} from '../ports/destination-reader.ts';
import { readFilesChecks, readFilesFailures, readFilesProfiles } from './destination-files-checks.ts';
import { readFilesContracts, readFilesDrift } from './destination-files-drift.ts';
import { readFailedRuns, readPublishedRuns } from './destination-files-store.ts';
import { notAQuery, nothingPublished, queryFailed } from './destination-query-error.ts';
import { runQuery } from './duckdb-query.ts';
import { openEngine, type Engine } from './duckdb.ts';

type Format = 'csv' | 'parquet';

const ENGINE = { memoryLimitBytes: 1024 * 1024 * 1024, threads: 2, spillDir: null } as const;

/**
 * Reads a destination of files: tables are those of the newest run with the replays of its rejects, `<table>_all` has
 * the rows of all runs.
 */
export function openFilesReader(root: string, format: Format): DestinationReader {
  return {
    tables: async () => tableInfos(await readPublishedRuns(root)),
    find: async () => null,
    query: (sql, { maxRows }) => query(root, format, sql, maxRows),
    runs: async (limit) => {
      const details = await readHistory(root);
      return details
        .map(({ record }) => record)
        .sort(newestFirst)
        .slice(0, limit);
    },
    run: async (run) => (await readHistory(root)).find(({ record }) => record.run === run) ?? null,
    watermarks: async (pipeline) => newestWatermarks(await readPublishedRuns(root), pipeline),
    checks: (run) => readFilesChecks(root, run),
    failures: (run, check, limit) => readFilesFailures(root, run, check, limit),
    drift: (run) => readFilesDrift(root, run),
    contracts: async (pipeline) => readFilesContracts(root, await ofPipeline(root, pipeline)),
    profiles: (pipeline, limit) => readFilesProfiles(root, pipeline, limit),
    close: async () => undefined,
  };
}

function newestFirst(one: RunRecord, other: RunRecord): number {
  return one.requestedAt === other.requestedAt
    ? other.run.localeCompare(one.run)
    : other.requestedAt.localeCompare(one.requestedAt);
}

async function ofPipeline(root: string, pipeline: string): Promise<string[]> {
  const history = await readHistory(root);
  return history.filter(({ record }) => record.pipeline === pipeline).map(({ record }) => record.run);
}

async function readHistory(root: string): Promise<RunDetail[]> {
  const published = await readPublishedRuns(root);
  const failed = await readFailedRuns(root);
  const names = new Set(published.map(({ record }) => record.run));
  return [
    ...published.map(({ record, inputs, tables }) => ({
      record,
      inputs,
      tables: Object.fromEntries(tables.map((table) => [table.name, table.rows])),
    })),
    ...failed
      .filter(({ record }) => !names.has(record.run))
      .map(({ record, inputs }) => ({ record, inputs, tables: {} })),
  ];
}

interface PublishedFile {
  readonly run: PublishedRecord;
  readonly table: PublishedTable;
}

/** All files of each table, the newest run's first. */
function filesByTable(records: readonly PublishedRecord[]): Map<string, PublishedFile[]> {
  const files = new Map<string, PublishedFile[]>();
  const rest = [...records];
  for (let run = newestRecord(rest); run !== null; run = newestRecord(rest)) {
    rest.splice(rest.indexOf(run), 1);
    for (const table of run.tables) files.set(table.name, [...(files.get(table.name) ?? []), { run, table }]);
  }
  return files;
}

function tableInfos(records: readonly PublishedRecord[]): PublishedTableInfo[] {
  const infos = [...filesByTable(records)].flatMap(([name, files]) => {
    const latest = files.find(({ run }) => run.record.replayOf === null) ?? files[0];
    if (latest === undefined) return [];
    const ofLatest = files.filter(({ run }) => belongsTo(run, latest.run));
    return {
      table: name,
      pipeline: latest.run.record.pipeline,
      disposition: latest.table.disposition,
      columns: latest.table.columns,
      rows: files.reduce((rows, { table }) => rows + table.rows, 0),
      latestRun: latest.run.record.run,
      latestRows: ofLatest.reduce((rows, { table }) => rows + table.rows, 0),
    };
  });
  return infos.sort((one, other) => one.table.localeCompare(other.table));
}

async function query(root: string, format: Format, sql: string, maxRows: number): Promise<QueryResult> {
  if (!beginsAsQuery(sql)) throw notAQuery(root);
  const records = await readPublishedRuns(root);
  const newest = newestRun(records);
  if (newest === null) throw nothingPublished(root);
  const engine = await openEngine(ENGINE);
  const tables = filesByTable(records);
  try {
    await createViews(engine, root, format, newest, tables);
    return await runQuery(await engine.connect(), sql, maxRows, root);
  } catch (error) {
    const explained = engine.explain(error);
    if (isMillraceError(explained) || !(explained instanceof Error)) throw explained;
    throw queryFailed(
      explained,
      root,
      [...tables.keys()].flatMap((name) => [name, `${name}_all`]),
    );
  } finally {
    await engine.close();
  }
}

async function createViews(
  engine: Engine,
  root: string,
  format: Format,
  newest: PublishedRecord,
  tables: ReadonlyMap<string, readonly PublishedFile[]>,
): Promise<void> {
  const locate = ({ run, table }: PublishedFile) =>
    path.join(root, FILES_LAYOUT.runs, run.record.run, table.file);
  const readAll = (files: readonly PublishedFile[]) =>
    files.map((file) => readFile(locate(file), file.table, format)).join('\nUNION ALL BY NAME\n');
  await engine.confineTo([...tables.values()].flat().map(locate));
  for (const [name, files] of tables) {
    const latest = files.filter(({ run }) => belongsTo(run, newest));
    if (latest.length > 0) await engine.run(`CREATE VIEW ${quoteIdentifier(name)} AS ${readAll(latest)}`);
  }
  for (const [name, files] of tables) {
    await engine.run(`CREATE VIEW IF NOT EXISTS ${quoteIdentifier(`${name}_all`)} AS ${readAll(files)}`);
  }
}

/** The record says the columns of a CSV file, so that nothing has to be guessed from its text. */
function readFile(file: string, { columns }: PublishedTable, format: Format): string {
  if (format === 'parquet') return `SELECT * FROM read_parquet(${quotePaths([file])})`;
  const types = columns.map(({ name, type }) => `${quoteLiteral(name)}: ${quoteLiteral(type)}`).join(', ');
  return `SELECT * FROM read_csv(${quotePaths([file])}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, columns = {${types}})`;
}
