import { createGunzip, type Gunzip } from 'node:zlib';

import type { Decoding } from '@millrace/shared/core/decoding';
import { fail, isMillraceError } from '@millrace/shared/core/errors';
import type { PlannedInput } from '@millrace/shared/core/plan';

import { UnpackingMeter } from './limit-content.ts';
import { unzstd } from './unzstd.ts';

export type Compression = PlannedInput['compression'];

const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** Of a frame without content, with which `pzstd` begins; the low half of the first byte is free. */
const ZSTD_SKIPPABLE_MAGIC = [0x50, 0x2a, 0x4d, 0x18];
const EXTENSIONS: Readonly<Record<string, Compression>> = { '.gz': 'gzip', '.zst': 'zstd' };

/**
 * What a file is compressed with, by its first bytes. Throws `file_format` when its name promises another thing:
 * a `.gz` that is not gzip was mangled on its way.
 */
export function detectCompression(head: Uint8Array, file: string): Compression {
  const found = compressionOf(head);
  const promised = EXTENSIONS[/\.[a-z]+$/.exec(file)?.[0] ?? ''];
  if (promised !== undefined && promised !== found) {
    throw fail('file_format', {
      message: `The name says ${promised}, but ${describeContent(head, found)}.`,
      where: file,
      hint: 'Rename the file, or fetch it again.',
    });
  }
  return found;
}

function describeContent(head: Uint8Array, found: Compression): string {
  if (head.length === 0) return 'the file is empty';
  return found === 'none' ? 'the content is not compressed' : `the content is ${found}`;
}

function compressionOf(head: Uint8Array): Compression {
  if (beginsWith(head, GZIP_MAGIC)) return 'gzip';
  const skippable = [(head[0] ?? 0) & 0xf0, ...head.subarray(1, ZSTD_SKIPPABLE_MAGIC.length)];
  const isZstd = beginsWith(head, ZSTD_MAGIC) || beginsWith(skippable, ZSTD_SKIPPABLE_MAGIC);
  return isZstd ? 'zstd' : 'none';
}

function beginsWith(bytes: ArrayLike<number>, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/**
 * The decompressed content. Truncation, a wrong checksum and garbage are `file_unreadable`: what was read before
 * cannot be trusted either, so nothing of the file is used. Content beyond the limits is `ratio_exceeded` or
 * `size_exceeded`, as soon as it comes out.
 */
export async function* decompress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
  decoding: Decoding,
  file: string,
): AsyncIterable<Uint8Array> {
  if (compression === 'none') {
    yield* chunks;
    return;
  }
  const meter = new UnpackingMeter(decoding, file);
  const stored = meter.stored(chunks);
  try {
    for await (const content of compression === 'gzip' ? gunzip(stored) : unzstd(stored)) {
      meter.countContent(content.length);
      yield content;
    }
  } catch (error) {
    if (isMillraceError(error) || !isDecodingError(error)) throw error;
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
  return typeof code !== 'string' || code.startsWith('Z_');
}

/** Unpacked at once; with the 16 KiB of zlib's own choice a third of the time goes into handing them over. */
const UNPACKED_BYTES = 128 * 1024;

/** Any number of members, and zeros behind them, with which tapes and some programs fill up blocks. */
async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const stream = createGunzip({ chunkSize: UNPACKED_BYTES });
  const feeding = feed(chunks, stream);
  // The reading loop reports the same failure; this keeps it from being unhandled meanwhile.
  feeding.catch(() => undefined);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
    await feeding;
  } finally {
    stream.destroy();
    await feeding.catch(() => undefined);
  }
}

/** Behind a zero zlib stops without a word, whatever follows: the rest is looked at here. */
async function feed(chunks: AsyncIterable<Uint8Array>, stream: Gunzip): Promise<void> {
  let fedBytes = 0;
  try {
    for await (const chunk of chunks) {
      if (stream.bytesWritten === fedBytes) await write(stream, chunk);
      if (stream.destroyed && !stream.readableEnded) return;
      const unread = chunk.subarray(Math.max(0, stream.bytesWritten - fedBytes));
      if (unread.some((byte) => byte !== 0)) throw new Error('more follows behind its end');
      fedBytes += chunk.length;
    }
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

/** Waits until the chunk is used up, or the stream is closed because nobody reads on. */
function write(stream: Gunzip, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('close', done);
      resolve();
    };
    stream.once('close', done);
    stream.write(chunk, done);
  });
}
