import { gzipSync } from 'node:zlib';

import { DEFAULT_DECODING } from '@millrace/shared/core/decoding';
import { describe, expect, it } from 'vitest';

import { decompress, type Compression } from './compression.ts';

const LINES = Array.from({ length: 50 }, (_, index) => `{"a":${index},"b":"x${index}"}\n`).join('');
const GZIP = gzipSync(LINES);
/** The same lines by `zstd`, with a checksum. */
const ZSTD = Buffer.from(
  'KLUv/QRYdQQAokcSE6DF0AEo9HgAHEsrsTIFsWcfmjzCYJBt27Zt27Zt+/////9XVVVVVZUkSZIkSZIQ5DgMoygIYnuVklFmEQYz' +
    'CCaZwACGZJRZAmGoIfz6vwGgo9IBEIZIH4+KYbQYRkVhVAxjBYMGhJ/42BMe7ETHnODgJmysCQ1mImMTkwAM9FJX81D6KN2ORQK/CpCb1xg=',
  'base64',
);
/** A frame to be skipped, of four bytes. */
const SKIPPED = Buffer.from('502a4d180400000061626364', 'hex');

async function* cut(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.slice(at, at + size);
  }
}

async function read(compression: Compression, bytes: Uint8Array, chunkBytes = 1 << 20): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of decompress(cut(bytes, chunkBytes), compression, DEFAULT_DECODING, 'f'))
    parts.push(part);
  return Buffer.concat(parts).toString();
}

const damaged = { code: 'file_unreadable', where: 'f' };

describe.each([
  ['gzip', GZIP],
  ['zstd', ZSTD],
] as const)('%s', (compression, whole) => {
  it('is read whatever the chunks, several parts one after the other too', async () => {
    for (const size of [1, 7, 100, 1 << 20]) {
      expect(await read(compression, whole, size)).toBe(LINES);
      expect(await read(compression, Buffer.concat([whole, whole, whole]), size)).toBe(LINES.repeat(3));
    }
  });

  it('is refused wherever it is cut off, in its last part too', async () => {
    for (let length = 1; length < whole.length; length += 1) {
      await expect(read(compression, whole.subarray(0, length))).rejects.toMatchObject(damaged);
    }
    const second = Buffer.concat([whole, whole.subarray(0, 30)]);
    await expect(read(compression, second)).rejects.toMatchObject(damaged);
  });

  it('with a flipped bit is refused, unless it comes out as it was', async () => {
    let refused = 0;
    for (let at = 0; at < whole.length; at += 1) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      const outcome = await read(compression, flipped).catch((error: unknown) => error);
      if (typeof outcome === 'string') expect(outcome).toBe(LINES);
      else {
        expect(outcome).toMatchObject(damaged);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(whole.length - 20);
  });

  it.each(['garbage', '\n', '\0garbage'])('is refused with %j behind it', async (rest) => {
    for (const size of [whole.length, 1 << 20]) {
      const bytes = Buffer.concat([whole, Buffer.from(rest)]);
      await expect(read(compression, bytes, size)).rejects.toMatchObject(damaged);
    }
  });

  it('lets go of its input when nobody reads on', async () => {
    let closed = false;
    async function* source() {
      try {
        yield* cut(Buffer.concat(Array<Buffer>(500).fill(whole)), 1000);
      } finally {
        closed = true;
      }
    }
    for await (const part of decompress(source(), compression, DEFAULT_DECODING, 'f')) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    expect(closed).toBe(true);
  });
});

it('B21 takes zeros behind gzip for the filling of a block, however many, and nothing behind them', async () => {
  const filled = Buffer.concat([GZIP, Buffer.alloc(3 * 1024 * 1024)]);
  expect(await read('gzip', filled)).toBe(LINES);
  await expect(read('gzip', Buffer.concat([filled, GZIP]))).rejects.toMatchObject(damaged);
});

it('B21 passes over frames of zstd that are to be skipped', async () => {
  expect(await read('zstd', Buffer.concat([SKIPPED, ZSTD, SKIPPED, ZSTD, SKIPPED]))).toBe(LINES.repeat(2));
  await expect(read('zstd', Buffer.concat([ZSTD, SKIPPED.subarray(0, 10)]))).rejects.toMatchObject(damaged);
});

it('B22 refuses a frame of zstd that wants more memory than is granted', async () => {
  const greedy = Buffer.from('28b52ffd00a0010000', 'hex');
  await expect(read('zstd', greedy)).rejects.toMatchObject({
    message: expect.stringContaining('bytes of memory') as string,
  });
});
