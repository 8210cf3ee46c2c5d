import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsync, mkdirSync, openSync, statSync, unlinkSync, write, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/*
 * What waits for the disk is asynchronous. All else that creates an object is a call of microseconds, and to hand each of a
 * dozen to another thread and back would keep a task waiting several times as long as the calls take.
 */
export const syncDescriptor = promisify(fsync);
const writeDescriptor = promisify(write);

/** Content up to this size is written in this thread. */
const WRITTEN_AT_ONCE_BYTES = 256 * 1024;

/** Makes a file's or folder's content survive a power cut. A failed sync is never retried as if it were fine. */
export async function syncPath(target: string): Promise<void> {
  const descriptor = openSync(target, 'r');
  try {
    await syncDescriptor(descriptor);
  } catch (error) {
    // The system was given a number, so that its error names no path.
    if (error instanceof Error) error.message += ` '${target}'`;
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Creates a folder with its parents; each new entry is synced in its parent, else a power cut could forget it. One by
 * one, because Node's own way to do it reports another error than the one that occurred.
 */
export async function makeFolder(folder: string): Promise<void> {
  const made = makeOneFolder(folder);
  if (made === 'no parent') {
    await makeFolder(path.dirname(folder));
    mkdirUnlessThere(folder);
  }
  if (made !== 'there already') await syncPath(path.dirname(folder));
}

function makeOneFolder(folder: string): 'made' | 'there already' | 'no parent' {
  try {
    mkdirSync(folder);
    return 'made';
  } catch (error) {
    if (hasErrno(error, 'EEXIST', 'EISDIR') && statSync(folder).isDirectory()) return 'there already';
    if (hasErrno(error, 'ENOENT') && path.dirname(folder) !== folder) return 'no parent';
    throw error;
  }
}

function mkdirUnlessThere(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
  }
}

/** Writes a new file and syncs its content; the caller links it into place and syncs the folder. */
export async function writeSynced(target: string, content: Uint8Array): Promise<void> {
  const descriptor = openSync(target, 'wx');
  try {
    if (content.byteLength <= WRITTEN_AT_ONCE_BYTES) writeWhole(descriptor, content);
    else await writeElsewhere(descriptor, content);
    await syncDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** One call may write less than it was given. */
export function writeWhole(descriptor: number, content: Uint8Array): void {
  for (let written = 0; written < content.byteLength;) {
    written += writeSync(descriptor, content, written);
  }
}

/** The same in another thread. */
async function writeElsewhere(descriptor: number, content: Uint8Array): Promise<void> {
  for (let written = 0; written < content.byteLength;) {
    written += (await writeDescriptor(descriptor, content, written)).bytesWritten;
  }
}

/** Names that begin with this are unfinished work of a writer. */
export const TEMPORARY = '.';

/** A name in the folder of a file that no other writer uses. */
export function temporaryBeside(file: string): string {
  const { dir, base } = path.parse(file);
  return path.join(dir, `${TEMPORARY}${randomBytes(6).toString('hex')}.${base}`);
}

const HASHED_AT_ONCE_BYTES = 256 * 1024;

/**
 * Size and sha256 (hex) of a file, or the signal's reason. It is read into one buffer: new ones for each part keep the
 * garbage collector busy.
 */
export async function hashFile(
  file: string,
  signal?: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(HASHED_AT_ONCE_BYTES);
  const handle = await open(file, 'r');
  try {
    let bytes = 0;
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** Whether an error of the file system has this code, for example `ENOENT`. */
export function hasErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Removes a file; one that is gone already is no error. */
export function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
  }
}

/** Errors of the file system that no retry cures. */
export const NEEDS_A_PERSON = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EEXIST'] as const;
