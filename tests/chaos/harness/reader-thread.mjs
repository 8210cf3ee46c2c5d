/**
 * Polls a SQLite destination, as a dashboard would, all the while runs are published into it: of each run either
 * nothing is there, or every row of every table with its ledger row and its status. A thread of its own, so that
 * nothing else delays it. Plain JavaScript: threads are not given the hooks that strip types.
 */
import { existsSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import { parentPort, workerData } from 'node:worker_threads';

import Database from 'better-sqlite3';

/** @type {{ database: string, tables: string[], everyMs: number }} */
const { database, tables, everyMs } = workerData;
/** @type {Database.Database | null} */
let db = null;
const seen = { polls: 0, sawNone: 0, sawAll: /** @type {string[]} */ ([]) };
/** @type {Set<string>} */
const violations = new Set();

const timer = setInterval(poll, everyMs);
parentPort?.once('message', () => {
  clearInterval(timer);
  poll();
  db?.close();
  parentPort?.postMessage({ ...seen, violations: [...violations] });
});

function poll() {
  if (db === null && !existsSync(database)) {
    seen.sawNone += 1;
    return;
  }
  try {
    db ??= new Database(database, { readonly: true, timeout: 1000 });
    db.transaction(look)(db);
  } catch (error) {
    // Between the creation of the file and its first commit there may be no database yet, or it may be locked.
    if (error instanceof Error && /^SQLITE_(BUSY|CANTOPEN|READONLY)/.test(String(Reflect.get(error, 'code'))))
      return;
    violations.add(`the reader could not read: ${String(error)}`);
  }
}

/** @param {Database.Database} open */
function look(open) {
  seen.polls += 1;
  const names = open.prepare('SELECT name FROM sqlite_schema').pluck().all();
  if (!names.includes('_millrace_loads')) {
    for (const table of tables)
      if (names.includes(table)) report(`table ${table} is there, the ledger is not`);
    seen.sawNone += 1;
    return;
  }
  const loads = open.prepare('SELECT run_id FROM _millrace_loads').pluck().all();
  const statuses = new Map(open.prepare('SELECT run_id, status FROM _millrace_runs').raw().all());
  if (loads.length === 0) seen.sawNone += 1;
  if (new Set(loads).size !== loads.length) report(`the ledger names a run twice: ${loads.join(', ')}`);
  for (const table of tables) {
    const counts = names.includes(table)
      ? new Map(open.prepare(`SELECT _run_id, count(*) FROM "${table}" GROUP BY _run_id`).raw().all())
      : new Map();
    const told = new Map(
      open.prepare('SELECT run_id, rows FROM _millrace_load_tables WHERE table_name = ?').raw().all(table),
    );
    for (const run of new Set([...counts.keys(), ...loads])) {
      const published = loads.includes(run);
      const [rows, expected] = [counts.get(run) ?? 0, published ? told.get(run) : 0];
      if (rows !== expected)
        report(
          `${rows} rows of run ${run} in ${table}, ${published ? `published with ${expected}` : 'not published'}`,
        );
    }
  }
  for (const run of loads) {
    if (statuses.get(run) !== 'published')
      report(`run ${run} is in the ledger with status ${statuses.get(run)}`);
    if (!seen.sawAll.includes(run)) seen.sawAll.push(run);
  }
  for (const [run, status] of statuses)
    if (status === 'published' && !loads.includes(run))
      report(`run ${run} has status published without a ledger row`);
}

/** @param {string} what */
function report(what) {
  violations.add(`the reader saw: ${what}`);
}
