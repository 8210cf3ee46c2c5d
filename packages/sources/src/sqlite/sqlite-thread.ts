import { parentPort, workerData } from 'node:worker_threads';

import { toErrorRecord } from '@millrace/shared/core/errors';

import { describeRows } from './describe-rows.ts';
import { checkDatabase, openHardened, type SourceDatabase } from './open-hardened.ts';
import { memoryOf } from './packed-rows.ts';
import { readRows } from './read-rows.ts';
import { findRelation, listTables, withinCursor, type Relation } from './relation.ts';
import type { SqliteMessage, SqliteTask } from './sqlite-message.ts';

/**
 * The thread that talks to SQLite. The driver is synchronous, and a query may think for minutes before its first
 * row; on the main thread that would keep a worker from renewing the locks of its jobs.
 */

/** Messages with rows that may be on their way: one being used, one ready. */
const UNANSWERED_MESSAGES = 2;
/** Where each page is needed once; the driver's 16 MB would fill up with pages that nobody needs again. */
const WALK_CACHE_KIB = 1024;
/** Of one message: large values, which are rare, are not paid for until the end. */
const MOST_KEPT_BYTES = 16 * 1024 * 1024;

if (parentPort === null) throw new Error('This file is the entry of a worker thread.');
const port = parentPort;
let unanswered = 0;
let onAnswer: () => void = () => undefined;
/** Memory that came back. With new memory for each message, tens of MB stand until a garbage collector looks. */
const used: ArrayBuffer[][] = [];
port.on('message', (memory: ArrayBuffer[]) => {
  unanswered -= 1;
  if (memory.reduce((sum, { byteLength }) => sum + byteLength, 0) <= MOST_KEPT_BYTES) used.push(memory);
  onAnswer();
});

try {
  await perform(workerData as SqliteTask);
  post({ kind: 'done' });
} catch (error) {
  post({ kind: 'failed', error: toErrorRecord(error) });
} finally {
  port.close();
}

function post(message: SqliteMessage): void {
  port.postMessage(message);
}

async function perform(task: SqliteTask): Promise<void> {
  const db = openHardened(task.path, task.fileName);
  try {
    if (task.kind === 'read') await sendRows(db, task);
    else if (task.kind === 'describe') sendDescription(db, task);
    else post({ kind: 'relations', names: listTables(db, task.fileName).map((table) => table.name) });
  } finally {
    db.close();
  }
}

async function sendRows(db: SourceDatabase, task: SqliteTask & { kind: 'read' }): Promise<void> {
  const all = findRelation(db, task, task.fileName);
  const relation = task.cursor === null ? all : withinCursor(all, task.cursor);
  if (isWalk(relation)) db.pragma(`cache_size = -${WALK_CACHE_KIB}`);
  post({ kind: 'columns', names: relation.columns.map((column) => column.name) });
  for (const message of readRows(db, relation, task.range, task.fileName, () => used.pop())) {
    while (unanswered === UNANSWERED_MESSAGES) await new Promise<void>((resolve) => (onAnswer = resolve));
    unanswered += 1;
    port.postMessage(message, memoryOf(message));
  }
}

/** Whether each page is needed once: rows in the order in which they lie, and nothing to sort, join or look up. */
function isWalk({ table, rowid, filter }: Relation): boolean {
  return table !== null && rowid !== null && filter === null;
}

function sendDescription(db: SourceDatabase, task: SqliteTask & { kind: 'describe' }): void {
  if (task.checkFile) checkDatabase(db, task.fileName);
  const relation = findRelation(db, task, task.fileName);
  post({ kind: 'description', description: describeRows(db, relation, task) });
}
