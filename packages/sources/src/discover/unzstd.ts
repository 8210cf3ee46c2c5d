import { Decompress } from 'fzstd';

import { ByteReader } from './byte-reader.ts';
import { Xxh64 } from './xxh64.ts';

const FRAME_MAGIC = 0xfd2fb528;
/** The low four bits of these are free. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const BLOCK_HEADER_BYTES = 3;
const RLE_BLOCK = 1;
const CHECKSUM_BYTES = 4;
/** What a frame may ask to be kept of its content: as much as the zstd command grants without being told. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;

/**
 * Decompresses Zstandard: any number of frames, others to be skipped among them (RFC 8878). Throws an Error where the
 * input ends within a frame, where anything else stands between frames, and when the checksum or the size that a frame
 * gives of its content is not that of what came out.
 *
 * Frames are taken apart here, because neither decoder can be trusted with them: `fzstd` verifies no checksum, and Node's
 * zlib, where it knows Zstandard, stops without an error after the first frame and where the input is cut off.
 */
export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const input = new ByteReader(chunks);
  try {
    for (;;) {
      const start = await input.take(4);
      if (start.length === 0) return;
      const magic = requireBytes(start, 4).readUInt32LE();
      if ((magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC) await skipFrame(input);
      else if (magic === FRAME_MAGIC) yield* readFrame(input, start);
      else throw new Error('bytes that are no frame stand behind a frame');
    }
  } finally {
    await input.close();
  }
}

async function skipFrame(input: ByteReader): Promise<void> {
  const size = requireBytes(await input.take(4), 4).readUInt32LE();
  if ((await input.skip(size)) < size) throw endedEarly();
}

async function* readFrame(input: ByteReader, magic: Buffer): AsyncIterable<Uint8Array> {
  const { bytes, contentBytes, hasChecksum } = await readHeader(input);
  let ready: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => ready.push(chunk));
  const hash = new Xxh64();
  let size = 0;
  decoder.push(Buffer.concat([magic, bytes]));
  for (let isLast = false; !isLast;) {
    const block = await readBlock(input);
    isLast = block.isLast;
    decoder.push(block.bytes);
    // The decoder waits for so many bytes before it begins, which a small frame has not.
    if (isLast) decoder.push(Buffer.alloc(hasChecksum ? CHECKSUM_BYTES : 0), true);
    for (const chunk of ready) {
      size += chunk.length;
      if (hasChecksum) hash.update(chunk);
      if (chunk.length > 0) yield chunk;
    }
    ready = [];
  }
  if (contentBytes !== null && BigInt(size) !== contentBytes) {
    throw new Error(`a frame has ${size} bytes, but says that it has ${contentBytes}`);
  }
  if (!hasChecksum) return;
  const expected = requireBytes(await input.take(CHECKSUM_BYTES), CHECKSUM_BYTES).readUInt32LE();
  if (Number(hash.digest() & 0xffffffffn) !== expected) throw new Error('incorrect checksum');
}

interface FrameHeader {
  /** Without the magic. */
  readonly bytes: Buffer;
  /** Null when the frame does not say. */
  readonly contentBytes: bigint | null;
  readonly hasChecksum: boolean;
}

async function readHeader(input: ByteReader): Promise<FrameHeader> {
  const first = requireBytes(await input.take(1), 1);
  const flags = first.readUInt8();
  const isSingleSegment = (flags & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const length = windowBytes + dictionaryBytes + sizeBytes;
  const rest = requireBytes(await input.take(length), length);
  if (dictionaryBytes > 0 && rest.readUIntLE(windowBytes, dictionaryBytes) > 0)
    throw new Error('a frame needs a dictionary');
  const contentBytes = sizeBytes === 0 ? null : contentSize(rest.subarray(-sizeBytes));
  const window = isSingleSegment ? (contentBytes ?? 0n) : BigInt(windowSize(rest.readUInt8()));
  if (window > MAX_WINDOW_BYTES)
    throw new Error(`a frame needs ${window} bytes of memory; at most ${MAX_WINDOW_BYTES} are granted`);
  return { bytes: Buffer.concat([first, rest]), contentBytes, hasChecksum: (flags & 4) !== 0 };
}

/** The form of two bytes begins where that of one byte ends. */
function contentSize(bytes: Buffer): bigint {
  if (bytes.length === 8) return bytes.readBigUInt64LE();
  return BigInt(bytes.readUIntLE(0, bytes.length) + (bytes.length === 2 ? 256 : 0));
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

async function readBlock(input: ByteReader): Promise<{ bytes: Buffer; isLast: boolean }> {
  const header = requireBytes(await input.take(BLOCK_HEADER_BYTES), BLOCK_HEADER_BYTES);
  const value = header.readUIntLE(0, BLOCK_HEADER_BYTES);
  const size = ((value >> 1) & 3) === RLE_BLOCK ? 1 : value >> 3;
  const content = requireBytes(await input.take(size), size);
  return { bytes: Buffer.concat([header, content]), isLast: (value & 1) === 1 };
}

function requireBytes(bytes: Buffer, count: number): Buffer {
  if (bytes.length < count) throw endedEarly();
  return bytes;
}

function endedEarly(): Error {
  return new Error('unexpected end of file');
}
