import { hash } from 'node:crypto';
import { linkSync, readFileSync, renameSync, statSync } from 'node:fs';
import { readdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';

import type { BatchReference } from '../core/batch.ts';
import { fail, isMillraceError } from '../core/errors.ts';
import type { Bucket, Draft } from '../ports/bucket.ts';
import { createFiles } from './bucket-batches.ts';
import { removeEntry, scanFolder } from './bucket-scan.ts';
import {
  hashFile,
  hasErrno,
  makeFolder,
  removeFile,
  syncPath,
  TEMPORARY,
  temporaryBeside,
  writeSynced,
} from './durable-file.ts';

/**
 * A bucket in a folder. `link()` gives create-if-absent: it fails when the name exists, and the object appears
 * with all its bytes or not at all. A rename would silently replace an earlier committer's object.
 */
export async function openFolderBucket(root: string): Promise<Bucket> {
  const folder = path.resolve(root);
  await guarded(folder, () => makeFolder(folder));
  const locate = (key: string) => path.join(folder, checkKey(key));

  return {
    read: (key) => guarded(key, () => readOrNull(locate(key))),
    exists: (key) => guarded(key, async () => (await fileSize(locate(key))) !== null),
    size: (key) => guarded(key, () => fileSize(locate(key))),
    list: (prefix) => guarded(prefix, () => listFolder(locate(prefix), prefix)),
    createIfAbsent: (key, content) => guarded(key, () => createIfAbsent(locate(key), content)),
    replace: (key, content) => guarded(key, () => replaceFile(locate(key), content)),
    createBatches: (batches, signal) =>
      guarded(batches[0]?.key ?? folder, () => createFiles(batches, locate, signal), signal),
    draft: (key) => guarded(key, () => openDraft(locate(key), key)),
    freeBytes: () => guarded(folder, () => freeBytes(folder)),
    open: (reference) => guarded(reference.key, () => verifyBatch(locate(reference.key), reference)),
    scan: (prefix) => guarded(prefix, () => scanFolder(locate(prefix), prefix)),
    remove: (key) => guarded(key, () => removeEntry(locate(key), key)),
  };
}

function checkKey(key: string): string {
  const parts = key.split('/');
  if (key.startsWith('/') || parts.some((part) => part === '..' || part === '.')) {
    throw fail('bucket_unavailable', { message: `'${key}' is not a key of a bucket.` });
  }
  return key;
}

async function guarded<T>(where: string, action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (isMillraceError(error) || (signal?.aborted === true && error === signal.reason)) throw error;
    const full = hasErrno(error, 'ENOSPC', 'EDQUOT');
    throw fail('bucket_unavailable', {
      message: `The bucket failed: ${error instanceof Error ? error.message : String(error)}`,
      where,
      hint: full
        ? 'The disk is full: free some space, the run goes on by itself.'
        : 'Check that the folder of MILLRACE_BUCKET exists and can be written by this user.',
      cause: error,
    });
  }
}

async function readOrNull(file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

async function fileSize(file: string): Promise<number | null> {
  try {
    const facts = await stat(file);
    return facts.isFile() ? facts.size : null;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/** For a user without privileges: some of what is free is kept for root. */
async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function listFolder(folder: string, prefix: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.name.startsWith(TEMPORARY))
      .map((entry) => `${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function linkNew(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function createIfAbsent(file: string, content: Uint8Array): Promise<boolean> {
  const folder = path.dirname(file);
  await makeFolder(folder);
  const temporary = temporaryBeside(file);
  try {
    await writeSynced(temporary, content);
    const created = linkNew(temporary, file);
    // The loser syncs too: it will act on the winner's object, which the winner may not have synced yet.
    await syncPath(folder);
    return created;
  } finally {
    removeFile(temporary);
  }
}

async function replaceFile(file: string, content: Uint8Array): Promise<void> {
  await makeFolder(path.dirname(file));
  const temporary = temporaryBeside(file);
  try {
    await writeSynced(temporary, content);
    renameSync(temporary, file);
    await syncPath(path.dirname(file));
  } finally {
    removeFile(temporary);
  }
}

async function openDraft(file: string, key: string): Promise<Draft> {
  await makeFolder(path.dirname(file));
  const temporary = temporaryBeside(file);
  return {
    path: temporary,
    seal: (rows) => guarded(key, () => sealDraft(temporary, file, key, rows)),
    discard: () => guarded(key, () => rm(temporary, { force: true, recursive: true })),
  };
}

async function sealDraft(
  temporary: string,
  file: string,
  key: string,
  rows: number,
): Promise<BatchReference> {
  const { bytes, sha256 } = await hashFile(temporary);
  await syncPath(temporary);
  if (!linkNew(temporary, file)) {
    throw fail('bucket_unavailable', { message: 'An object of that key exists already.', where: key });
  }
  removeFile(temporary);
  await syncPath(path.dirname(file));
  return { key, format: 'parquet', rows, bytes, sha256 };
}

async function verifyBatch(file: string, reference: BatchReference): Promise<string> {
  const size = reference.bytes <= READ_AT_ONCE_BYTES ? sizeNow(file) : await fileSize(file);
  if (size === null) {
    throw fail('batch_missing', {
      message: 'A batch that a manifest names is not in the bucket.',
      where: file,
      hint: 'It was removed from outside. Run the pipeline again with --full.',
    });
  }
  const found = size <= READ_AT_ONCE_BYTES ? hashNow(file) : await hashFile(file);
  if (found.bytes !== reference.bytes || found.sha256 !== reference.sha256) {
    throw fail('batch_corrupt', {
      message: `A batch is not what its manifest says: ${found.bytes} bytes with sha256 ${found.sha256}, expected ${reference.bytes} bytes with ${reference.sha256}.`,
      where: file,
      hint: 'The object was changed from outside or the disk is failing. Run the pipeline again with --full.',
    });
  }
  return file;
}

/**
 * Files up to this size are read at once and in this thread. Of thousands of small ones, handing each to other threads
 * and back would cost many times the reading.
 */
const READ_AT_ONCE_BYTES = 256 * 1024;

function sizeNow(file: string): number | null {
  const facts = statSync(file, { throwIfNoEntry: false });
  return facts?.isFile() === true ? facts.size : null;
}

function hashNow(file: string): { bytes: number; sha256: string } {
  const content = readFileSync(file);
  return { bytes: content.byteLength, sha256: hash('sha256', content) };
}
