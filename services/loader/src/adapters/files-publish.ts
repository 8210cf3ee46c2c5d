import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { readPublishedRun, readPublishedRuns } from '@millrace/shared/adapters/destination-files-store';
import { openEngine, readParquetSql, type Engine } from '@millrace/shared/adapters/duckdb';
import { hashFile, makeFolder, syncPath, writeSynced } from '@millrace/shared/adapters/durable-file';
import { writeJson } from '@millrace/shared/contracts/read-json';
import { destinationTime } from '@millrace/shared/core/destination-time';
import { fail } from '@millrace/shared/core/errors';
import {
  FILES_LAYOUT,
  newestRecord,
  newestWatermarks,
  type PublishedRecord,
  type PublishedTable,
} from '@millrace/shared/core/published-record';
import { formatDisposition } from '@millrace/shared/core/run-record';
import { moveWatermarks, type Watermark } from '@millrace/shared/core/watermark';

import { requireKnownReplays } from '../core/replay-fence.ts';
import { checkColumnNames } from '../core/column-names.ts';
import { copyStatement, fileColumns, type FileFormat, type FileSource } from '../core/files-statements.ts';
import { publishedRun } from '../core/run-facts.ts';
import { rowsDiffer, type StoredTable } from '../core/table-load.ts';
import { ensureFolder } from './destination-folder.ts';
import { writeChecks } from './files-checks.ts';
import { countFileRows } from './files-count.ts';
import { explainFilesError } from './files-error.ts';
import { whilePublishingAlone } from './files-lock.ts';
import { pointLatest, refuseForeignLatest } from './files-latest.ts';
import type { LoadOrder, LoadOutcome } from './sqlite-load.ts';

export interface FilesOptions {
  readonly format: FileFormat;
  readonly attempt: string;
  readonly signal: AbortSignal;
  readonly onRows: (rows: number) => void;
  /** As in `LoadHooks`: called directly before the rename. */
  readonly claimPublish: () => Promise<void>;
}

/**
 * Publishes a run as a folder of files. All of it is written and synced under a name that no reader looks at;
 * one rename makes it `runs/<run>`, and that is the publishing. The rename of a second committer fails, because
 * the folder is there; then the first one's record is what counts.
 */
export async function publishFiles(order: LoadOrder, options: FilesOptions): Promise<LoadOutcome> {
  const { path: root } = order;
  const { run } = order.facts;
  for (const table of order.tables) checkColumnNames(table.columns, table);
  try {
    await ensureFolder(root);
    await refuseForeignLatest(root);
    await refuseForeignRuns(root, order.facts.pipeline);
    const earlier = await readPublishedRun(root, run);
    const outcome = earlier === null ? await publishOnce(order, options) : outcomeOf(earlier, true);
    await pointLatest(root, options.attempt);
    await removeIncoming(root, run);
    return outcome;
  } catch (error) {
    throw explainFilesError(error, root);
  }
}

async function publishOnce(order: LoadOrder, options: FilesOptions): Promise<LoadOutcome> {
  const { path: root } = order;
  const { run } = order.facts;
  const incoming = path.join(root, `${FILES_LAYOUT.incomingPrefix(run)}${options.attempt}`);
  const runs = path.join(root, FILES_LAYOUT.runs);
  let outcome: LoadOutcome;
  try {
    await mkdir(incoming);
    const record = await writeRun(order, options, incoming);
    await makeFolder(runs);
    const publish = async () => {
      await options.claimPublish();
      await rename(incoming, path.join(runs, run));
    };
    if (order.cursors.planned.length === 0 && order.replay === null) await publish();
    else {
      await whilePublishingAlone(root, options.signal, async () => {
        // Once more: since they were written into the record another run may have moved them.
        const published = await readPublishedRuns(root);
        movedWatermarks(order, published);
        requireKnownReplays(order.replay, replaysOf(order.replay?.root, published), root);
        await publish();
      });
    }
    outcome = outcomeOf(record, false);
  } catch (error) {
    // Another attempt may have won: it is in place of our folder, or it has removed ours as a leftover.
    const winner = await readPublishedRun(root, run);
    if (winner === null) throw error;
    outcome = outcomeOf(winner, true);
  } finally {
    await rm(incoming, WITH_OTHERS);
  }
  // Outside: a sync that has failed must not be made good by a second one that finds nothing left to do.
  await syncPath(runs);
  return outcome;
}

/** Whoever's folder it is may still write into it, or remove it as well: then what was emptied is not empty yet. */
const WITH_OTHERS = { recursive: true, force: true, maxRetries: 5 } as const;

async function writeRun(order: LoadOrder, options: FilesOptions, folder: string): Promise<PublishedRecord> {
  const engine = await openEngine(order.engine);
  const interrupt = () => engine.interrupt();
  options.signal.addEventListener('abort', interrupt);
  const loadedAt = destinationTime(new Date().toISOString());
  const tables: PublishedTable[] = [];
  let total = 0;
  try {
    for (const table of order.tables) {
      options.signal.throwIfAborted();
      tables.push(await writeTable(engine, table, { ...options, run: order.facts.run, loadedAt, folder }));
      total += table.rows;
      options.onRows(total);
    }
  } finally {
    options.signal.removeEventListener('abort', interrupt);
    await engine.close();
  }
  const published = await readPublishedRuns(order.path);
  const newest = newestRecord(published);
  const record: PublishedRecord = {
    v: 1,
    loadSeq: (newest?.loadSeq ?? 0) + 1,
    planSha256: order.planSha256,
    record: publishedRun(order.facts, new Date().toISOString(), total),
    inputs: order.inputs,
    tables,
    watermarks: movedWatermarks(order, published),
  };
  await writeChecks(folder, order.checked);
  await writeSynced(path.join(folder, FILES_LAYOUT.record), writeJson(record));
  await syncPath(folder);
  return record;
}

function replaysOf(root: string | undefined, published: readonly PublishedRecord[]): string[] {
  return published
    .map(({ record }) => record)
    .filter(({ replayOf }) => replayOf === root)
    .map(({ run }) => run);
}

function movedWatermarks({ cursors, facts }: LoadOrder, published: readonly PublishedRecord[]): Watermark[] {
  const current = newestWatermarks(published, facts.pipeline);
  return moveWatermarks(cursors.planned, cursors.destination, current);
}

interface FileTarget extends Pick<FileSource, 'run' | 'loadedAt'> {
  readonly folder: string;
  readonly format: FileFormat;
}

async function writeTable(engine: Engine, table: StoredTable, target: FileTarget): Promise<PublishedTable> {
  const name = `${table.table}.${target.format}`;
  const file = path.join(target.folder, name);
  const rows = table.paths.length === 0 ? null : readParquetSql(table.paths);
  const source: FileSource = { ...table, rows, run: target.run, loadedAt: target.loadedAt };
  const read = await countRows(engine, rows);
  if (read !== table.rows) throw rowsDiffer(table.table, table.rows, read, 'in its batches');
  const [copied] = await engine.rows(copyStatement(source, target.format, file));
  const written = Number(copied?.['Count']);
  if (written !== read) throw rowsDiffer(table.table, read, written, `written to ${name}`);
  await syncPath(file);
  const found = await countFileRows(file, target.format);
  if (found !== written) throw rowsDiffer(table.table, written, found, `in ${name}`);
  const disposition = formatDisposition(table.disposition);
  const columns = fileColumns(source, target.format);
  return { name: table.table, disposition, file: name, columns, rows: written, ...(await hashFile(file)) };
}

/** Of what DuckDB calls by this name: a sum over the metadata of the batches. */
async function countRows(engine: Engine, rows: string | null): Promise<number> {
  if (rows === null) return 0;
  const [counted] = await engine.rows(`SELECT count(*) AS rows FROM ${rows}`);
  return Number(counted?.['rows']);
}

/** Of a run that this attempt published, the rows read were the rows written: `writeTable` throws otherwise. */
function outcomeOf({ record, tables }: PublishedRecord, already: boolean): LoadOutcome {
  return {
    publishedAt: record.endedAt,
    tables: Object.fromEntries(tables.map((table) => [table.name, table.rows])),
    counts: already ? null : tables.map(({ name, rows }) => ({ table: name, read: rows, inserted: rows })),
    already,
  };
}

/** `latest` is of one pipeline: two in one folder would take it from each other. */
async function refuseForeignRuns(root: string, pipeline: string): Promise<void> {
  const newest = newestRecord(await readPublishedRuns(root));
  if (newest === null || newest.record.pipeline === pipeline) return;
  throw fail('destination_conflict', {
    message: `The destination has runs of pipeline '${newest.record.pipeline}', and this run is of '${pipeline}'.`,
    where: root,
    hint: 'Give each pipeline a destination folder of its own.',
  });
}

/** What attempts that were killed have left; one that is still at work then finds the run published. */
async function removeIncoming(root: string, run: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith(FILES_LAYOUT.incomingPrefix(run))) {
      await rm(path.join(root, name), WITH_OTHERS);
    }
  }
}
