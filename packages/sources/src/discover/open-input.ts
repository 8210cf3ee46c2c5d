import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { fail, isMillraceError } from '@millrace/shared/core/errors';
import type { PlannedInput } from '@millrace/shared/core/plan';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Bytes `start` to `end` of a file, in chunks. Each chunk has a buffer of its own.
 * Throws `source_unavailable` naming the file.
 */
export async function* readBytes(path: string, start: number, end: number | null): AsyncIterable<Uint8Array> {
  const handle = await openFile(path);
  try {
    let at = start;
    while (end === null || at < end) {
      const wanted = end === null ? CHUNK_BYTES : Math.min(CHUNK_BYTES, end - at);
      const { bytesRead, buffer } = await readChunk(handle, path, wanted, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

export interface FileFacts {
  readonly sizeBytes: number;
  /** Milliseconds since the epoch, with fraction. */
  readonly modifiedMs: number;
}

/** Size and time of a regular file. Throws `source_unavailable` or, for folders and devices, `file_format`. */
export async function statInput(path: string): Promise<FileFacts> {
  const handle = await openFile(path);
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) {
      throw fail('file_format', {
        message: 'Not a regular file.',
        where: path,
        hint: 'Name files, a folder or a glob of files.',
      });
    }
    return { sizeBytes: facts.size, modifiedMs: facts.mtimeMs };
  } finally {
    await handle.close();
  }
}

/** Throws `source_changed` when a file is not what it was at planning: a run never mixes two versions of a file. */
export async function checkUnchanged(input: PlannedInput): Promise<void> {
  const now = await statInput(input.path);
  if (now.sizeBytes === input.sizeBytes && now.modifiedMs === input.modifiedMs) return;
  throw fail('source_changed', {
    message: `The file changed after the run was planned: ${input.sizeBytes} bytes then, ${now.sizeBytes} now.`,
    where: input.path,
    hint: 'Run again when it is no longer written to.',
  });
}

/** Without waiting: a named pipe would keep the call, and one of the few threads for files, until somebody writes. */
async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unavailable(path, error);
  }
}

async function readChunk(handle: FileHandle, path: string, length: number, position: number) {
  try {
    return await handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
  } catch (error) {
    throw unavailable(path, error);
  }
}

function unavailable(path: string, error: unknown): Error {
  if (isMillraceError(error)) return error;
  return fail('source_unavailable', {
    message: `The file could not be read: ${error instanceof Error ? error.message : String(error)}.`,
    where: path,
    hint: 'Check that it exists and that the workers may read it.',
    cause: error,
  });
}
