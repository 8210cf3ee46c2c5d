import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import Database from 'better-sqlite3';

import { queryRows } from './published.ts';
import type { CliResult, TestStack } from './test-stack.ts';

export interface CursorPipeline {
  /** Of the table `events`, e.g. `cursor: id`. */
  readonly table: string;
  /** Of the model `events_kept`. */
  readonly load: string;
  readonly destination?: string;
}

/** A pipeline that copies one table of a SQLite database, by a cursor. */
export async function writeCursorPipeline(
  folder: string,
  { table, load, destination = '{ type: sqlite, path: out.db }' }: CursorPipeline,
): Promise<string> {
  await mkdir(path.join(folder, 'models'), { recursive: true });
  await writeFile(
    path.join(folder, 'pipeline.yml'),
    `name: events
sources:
  app:
    type: sqlite
    path: app.db
    tables: { events: { ${table} } }
models: { events_kept: { load: ${load} } }
destination: ${destination}
`,
  );
  await writeFile(path.join(folder, 'models/events_kept.sql'), 'SELECT * FROM events\n');
  return folder;
}

/** Runs statements on the source database, which is made when it is missing. */
export function changeSource(pipeline: string, ...statements: string[]): void {
  const db = new Database(path.join(pipeline, 'app.db'));
  try {
    for (const statement of statements) db.exec(statement);
  } finally {
    db.close();
  }
}

/** Runs a pipeline to its end and gives the exit code and the error, if there is one. */
export async function runToEnd(
  stack: TestStack,
  pipeline: string,
  ...flags: string[]
): Promise<{ code: number | null; run: string; error: { code: string; message: string } | null }> {
  const result: CliResult = await stack.cli('run', pipeline, '--wait', '--json', ...flags);
  const report = JSON.parse(result.stdout) as {
    run: string;
    error: { code: string; message: string } | null;
  };
  return { code: result.code, run: report.run, error: report.error };
}

/** The watermarks in the destination, as they are stored. */
export function watermarksIn(pipeline: string): unknown[] {
  return queryRows(
    path.join(pipeline, 'out.db'),
    'SELECT source, table_name, file, cursor_column, value, run_id FROM _millrace_watermarks',
  );
}
