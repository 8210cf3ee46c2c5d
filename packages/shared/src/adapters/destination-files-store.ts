import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { readFailedRecord, readPublishedRecord } from '../contracts/published-record-v1.ts';
import { FILES_LAYOUT, type FailedRecord, type PublishedRecord } from '../core/published-record.ts';
import { hasErrno } from './durable-file.ts';

/** The record of a run in a destination of files; null when the run is not published there. */
export async function readPublishedRun(root: string, run: string): Promise<PublishedRecord | null> {
  const file = path.join(root, FILES_LAYOUT.runs, run, FILES_LAYOUT.record);
  const content = await readIfPresent(file);
  return content === null ? null : readPublishedRecord(content, file);
}

/** All runs that are published in a destination of files. */
export async function readPublishedRuns(root: string): Promise<PublishedRecord[]> {
  const records: PublishedRecord[] = [];
  for (const run of await listIfPresent(path.join(root, FILES_LAYOUT.runs))) {
    const record = await readPublishedRun(root, run);
    if (record !== null) records.push(record);
  }
  return records;
}

/** The runs that failed or were cancelled; some of them may have been published by a later try. */
export async function readFailedRuns(root: string): Promise<FailedRecord[]> {
  const folder = path.join(root, FILES_LAYOUT.failedRuns);
  const records: FailedRecord[] = [];
  for (const name of await listIfPresent(folder)) {
    if (!name.endsWith('.json') || name.startsWith('.')) continue;
    const file = path.join(folder, name);
    const content = await readIfPresent(file);
    if (content !== null) records.push(readFailedRecord(content, file));
  }
  return records;
}

/** Null when there is no such file. */
export async function readIfPresent(file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

async function listIfPresent(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
