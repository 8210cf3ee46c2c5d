import { parentPort, workerData } from 'node:worker_threads';

import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { toErrorRecord } from '@millrace/shared/core/errors';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

import type { DestinationAnswer, DestinationQuestion, DestinationReport } from './ask-destinations.ts';

/** The thread that asks destinations: SQLite blocks the one it works in, and to count a large table takes seconds. */

const reports: DestinationReport[] = [];
for (const question of workerData as readonly DestinationQuestion[]) reports.push(await report(question));
parentPort?.postMessage(reports);

async function report(question: DestinationQuestion): Promise<DestinationReport> {
  try {
    return { kind: 'answer', answer: await answer(question) };
  } catch (error) {
    return { kind: 'failed', error: toErrorRecord(error) };
  }
}

async function answer({ destination, pipeline, preview }: DestinationQuestion): Promise<DestinationAnswer> {
  const reader = openDestinationReader(destination);
  try {
    const tables = (await reader.tables()).filter((found) => found.pipeline === pipeline);
    const wanted = tables.find((found) => found.table === preview?.table);
    if (preview === null || wanted === undefined) return { tables, rows: null };
    // Of a table that keeps the rows of all runs, the newest are what a person wants to see.
    const newest = wanted.disposition === 'append' ? ` WHERE _run_id = '${wanted.latestRun}'` : '';
    const sql = `SELECT * FROM ${quoteIdentifier(wanted.table)}${newest} LIMIT ${preview.limit + 1}`;
    return { tables, rows: await reader.query(sql, { maxRows: preview.limit }) };
  } finally {
    await reader.close();
  }
}
