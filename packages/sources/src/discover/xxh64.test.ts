import { expect, it } from 'vitest';

import { Xxh64 } from './xxh64.ts';

const digest = (...parts: Uint8Array[]) => {
  const hash = new Xxh64();
  for (const part of parts) hash.update(part);
  return hash.digest().toString(16);
};

// By the reference implementation, https://xxhash.com.
it.each([
  ['', 'ef46db3751d8e999'],
  ['a', 'd24ec4f1a98c6e5b'],
  ['abc', '44bc2cf5ad770999'],
  ['Nobody inspects the spammish repetition', 'fbcea83c8a378bf1'],
])('of %j', (text, expected) => {
  expect(digest(Buffer.from(text))).toBe(expected);
});

it('does not depend on how the bytes are parted', () => {
  const bytes = Buffer.from(Array.from({ length: 200 }, (_, index) => (index * 37) % 251));
  const whole = digest(bytes);
  for (let size = 1; size < 70; size += 1) {
    const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expect(digest(...parts)).toBe(whole);
  }
});
