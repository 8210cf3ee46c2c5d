import type { Decoding } from '@millrace/shared/core/decoding';
import { fail } from '@millrace/shared/core/errors';

import { foreignEncoding } from '../json/foreign-format.ts';
import { decompress, detectCompression, type Compression } from './compression.ts';
import { requireWithinSize } from './limit-content.ts';
import { readBytes } from './open-input.ts';
import { transcodeBeginning } from './transcode.ts';

/** How much of a file is looked at to find its layout. */
const HEAD_BYTES = 256 * 1024;

export interface FileHead {
  readonly compression: Compression;
  /** Decompressed. */
  readonly bytes: Buffer;
  /** Whether this is the whole file. */
  readonly atEnd: boolean;
}

/**
 * Reads the beginning of a JSON or CSV file, as UTF-8. Throws `size_exceeded`, `file_format` for a name that promises
 * another compression, and `unsupported_encoding` for a text that is not in the encoding that was declared.
 */
export async function readHead(path: string, sizeBytes: number, decoding: Decoding): Promise<FileHead> {
  requireWithinSize(sizeBytes, decoding, path);
  const { compression, bytes, atEnd } = await readStoredHead(path, sizeBytes, decoding);
  requireEncoding(bytes, decoding, path);
  return { compression, bytes: transcodeBeginning(bytes, decoding.encoding), atEnd };
}

/** The beginning of any file, decompressed, in whatever encoding it is. Throws as `readHead` does for compression. */
export async function readStoredHead(path: string, sizeBytes: number, decoding: Decoding): Promise<FileHead> {
  const stored = await collect(readBytes(path, 0, Math.min(HEAD_BYTES, sizeBytes)));
  const compression = detectCompression(stored, path);
  if (compression === 'none') return { compression, bytes: stored, atEnd: stored.length >= sizeBytes };
  const bytes = await collect(decompress(readBytes(path, 0, null), compression, decoding, path));
  return { compression, bytes, atEnd: bytes.length < HEAD_BYTES };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.byteLength;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(parts);
}

/** What was declared as Latin-1 can be anything, but not what says of itself that it is something else. */
function requireEncoding(head: Buffer, { encoding }: Decoding, path: string): void {
  if (head.length === 0) return;
  const found = isSurelyUtf8(head, encoding) ? 'utf-8' : (foreignEncoding(head)?.toLowerCase() ?? encoding);
  if (found === encoding) return;
  throw fail('unsupported_encoding', {
    message: `The text is encoded in ${found.toUpperCase()}, not in ${encoding.toUpperCase()}.`,
    where: path,
    hint: found.startsWith('utf-32')
      ? `Convert it to UTF-8 first, for example with iconv -f ${found.toUpperCase()} -t UTF-8.`
      : `Set \`encoding: ${found}\` for the source, if that holds for all of its files.`,
  });
}

/** By its byte order mark; or, where UTF-16 was declared, because no character has a zero byte as even a comma has there. */
function isSurelyUtf8(head: Buffer, declared: Decoding['encoding']): boolean {
  if (declared === 'utf-8') return false;
  if (head.subarray(0, 3).equals(BYTE_ORDER_MARK)) return true;
  return declared.startsWith('utf-16') && !head.includes(0);
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
