import { describe, expect, it } from 'vitest';

import { MemoryPool } from './memory-pool.ts';

const MEBIBYTE = 1024 * 1024;

describe('a pool of memory', () => {
  it('gives memory again to one who asks for as much, and to nobody else meanwhile', () => {
    const pool = new MemoryPool();
    const memory = pool.take(100);
    pool.give(memory);
    expect(pool.take(99)).not.toBe(memory);
    expect(pool.take(100)).toBe(memory);
    expect(pool.take(100)).not.toBe(memory);
  });

  it('gives as many bytes as were asked for', () => {
    const pool = new MemoryPool();
    for (const size of [0, 1, 100, MEBIBYTE]) {
      pool.give(new ArrayBuffer(size));
      expect([pool.take(size), pool.take(size)].map(({ byteLength }) => byteLength)).toEqual([size, size]);
    }
  });

  it('keeps 64 MiB at the most, and more again when some of it was taken', () => {
    const pool = new MemoryPool();
    const given = Array.from({ length: 5 }, () => new ArrayBuffer(16 * MEBIBYTE));
    for (const memory of given) pool.give(memory);
    const again = given.map(() => pool.take(16 * MEBIBYTE));
    expect(again.filter((memory) => given.includes(memory))).toHaveLength(4);
    for (const memory of again) pool.give(memory);
    expect(given).toContain(pool.take(16 * MEBIBYTE));
  });
});
