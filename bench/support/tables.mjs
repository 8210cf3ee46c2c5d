import { createHash } from 'node:crypto';

import Database from 'better-sqlite3';

/** What each of them must make of the same data. */
export const TABLES = ['customer_value', 'daily_revenue', 'product_performance'];
const ADDED = ['_run_id', '_loaded_at'];

/**
 * What a SQLite file has in the three tables, whatever the order of their rows and of their columns.
 * @returns {Record<string, string>} by table: its rows, and the start of the sha256 of all values
 */
export function digestTables(file) {
  const database = new Database(file, { readonly: true });
  try {
    return Object.fromEntries(TABLES.map((table) => [table, digest(database, table)]));
  } finally {
    database.close();
  }
}

function digest(database, table) {
  const names = database.prepare(`SELECT name FROM pragma_table_info(?)`).pluck().all(table);
  const columns = names.filter((name) => !ADDED.includes(name)).sort();
  // Integers beyond 2^53 are among the keys.
  const rows = database
    .prepare(`SELECT ${columns.join(', ')} FROM ${table}`)
    .raw()
    .safeIntegers()
    .all();
  const lines = rows.map((row) => row.map(canonical).join('\t')).sort();
  const hash = createHash('sha256').update(columns.join('\t'));
  for (const line of lines) hash.update('\n').update(line);
  return `${lines.length} rows, ${hash.digest('hex').slice(0, 16)}`;
}

/** 12 and 12.0 are the same decimal, which SQLite may keep either way. */
function canonical(value) {
  if (value === null) return '\\N';
  return typeof value === 'number' ? String(value) : value.toString();
}

/** Throws unless the tables are those expected: a figure of somebody who computes something else is worth nothing. */
export function requireEqual(who, found, expected) {
  const different = TABLES.filter((table) => found[table] !== expected[table]);
  if (different.length === 0) return;
  const details = different.map((table) => `${table}: ${found[table]}, expected ${expected[table]}`);
  throw new Error(`${who} made other tables. ${details.join('; ')}`);
}
