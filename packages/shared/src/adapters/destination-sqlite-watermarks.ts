import type Database from 'better-sqlite3';

import { cursorValue } from '../core/cursor.ts';
import type { Watermark } from '../core/watermark.ts';

interface WatermarkRow {
  source: string;
  table_name: string;
  file: string;
  cursor_column: string;
  value: bigint | number | string;
}

/** The watermarks of a pipeline; none in a database that was last written before there were any. */
export function readWatermarks(db: Database.Database, pipeline: string): Watermark[] {
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_millrace_watermarks'").get();
  if (exists === undefined) return [];
  const rows = db
    .prepare<[string], WatermarkRow>(
      'SELECT source, table_name, file, cursor_column, value FROM _millrace_watermarks WHERE pipeline = ?',
    )
    .safeIntegers()
    .all(pipeline);
  return rows.map(({ source, table_name, file, cursor_column, value }) => ({
    source,
    table: table_name,
    file,
    column: cursor_column,
    value: cursorValue(value),
  }));
}
