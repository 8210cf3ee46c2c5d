import { createGunzip, type Gunzip } from 'node:zlib';
import * as zlib from 'node:zlib';

import { fail } from '@millrace/shared/core/errors';
import type { PlannedInput } from '@millrace/shared/core/plan';
import { Decompress } from 'fzstd';

export type Compression = PlannedInput['compression'];

const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const EXTENSIONS: Readonly<Record<string, Compression>> = { '.gz': 'gzip', '.zst': 'zstd' };

/**
 * What a file is compressed with, by its first bytes. Throws `file_format` when its name promises another thing:
 * a `.gz` that is not gzip was mangled on its way.
 */
export function detectCompression(head: Uint8Array, file: string): Compression {
  const found = beginsWith(head, GZIP_MAGIC) ? 'gzip' : beginsWith(head, ZSTD_MAGIC) ? 'zstd' : 'none';
  const promised = EXTENSIONS[/\.[a-z]+$/.exec(file)?.[0] ?? ''];
  if (promised !== undefined && promised !== found) {
    throw fail('file_format', {
      message: `The name says ${promised}, but the content is ${found === 'none' ? 'not compressed' : found}.`,
      where: file,
      hint: 'Rename the file, or fetch it again.',
    });
  }
  return found;
}

function beginsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/**
 * The decompressed content. Truncation, a wrong checksum and garbage are `file_unreadable`: what was read before
 * cannot be trusted either, so nothing of the file is used.
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
  file: string,
): AsyncIterable<Uint8Array> {
  try {
    if (compression === 'none') yield* chunks;
    else if (compression === 'gzip') yield* throughStream(chunks, createGunzip());
    else if ('createZstdDecompress' in zlib) yield* throughStream(chunks, createNativeZstd());
    else yield* unzstd(chunks);
  } catch (error) {
    if (compression === 'none' || !isDecodingError(error)) throw error;
    throw fail('file_unreadable', {
      message: `The ${compression} data is damaged or cut off: ${error instanceof Error ? error.message : String(error)}.`,
      where: file,
      hint: 'Fetch the file again; nothing of it was used.',
      cause: error,
    });
  }
}

function isDecodingError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code !== 'string' || code.startsWith('Z_') || code.startsWith('ZSTD_') || code === 'ERR_ZSTD';
}

type ByteStream = Pick<Gunzip, 'write' | 'end' | 'destroy' | 'once' | 'off'> & AsyncIterable<Uint8Array>;

/** Zstandard in Node's zlib came with 22.15; Node 20 uses a library in JavaScript. */
function createNativeZstd(): ByteStream {
  return (zlib as unknown as { createZstdDecompress: () => ByteStream }).createZstdDecompress();
}

async function* throughStream(
  chunks: AsyncIterable<Uint8Array>,
  stream: ByteStream,
): AsyncIterable<Uint8Array> {
  const feeding = feed(chunks, stream);
  // The reading loop below reports the same failure; this keeps it from being unhandled meanwhile.
  feeding.catch(() => undefined);
  try {
    for await (const chunk of stream) yield chunk;
    await feeding;
  } finally {
    stream.destroy();
  }
}

async function feed(chunks: AsyncIterable<Uint8Array>, stream: ByteStream): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (!stream.write(chunk)) await drained(stream);
    }
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

function drained(stream: ByteStream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.once('drain', done);
    stream.once('close', done);
  });
}

async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let ready: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => ready.push(chunk));
  const drain = () => {
    const taken = ready;
    ready = [];
    return taken;
  };
  for await (const chunk of chunks) {
    // The decoder keeps what it is given, and readers of files reuse their buffers.
    decoder.push(Uint8Array.from(chunk));
    yield* drain();
  }
  decoder.push(new Uint8Array(0), true);
  yield* drain();
}
