import { ENCODINGS, type Encoding } from '@millrace/shared/core/decoding';
import { expect, it } from 'vitest';

import { transcode, transcodeBeginning } from './transcode.ts';

async function* cut(bytes: Buffer, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, encoding: Encoding, size: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of transcode(cut(bytes, size), encoding)) parts.push(part);
  return Buffer.concat(parts);
}

const TEXT = 'aé€\u{1F600}\n\u0000\uFEFF\uFFFD\u{10FFFF}z';
const WESTERN = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const ENCODED: Readonly<Record<Encoding, readonly [stored: Buffer, text: Buffer]>> = {
  'utf-8': [Buffer.from(TEXT), Buffer.from(TEXT)],
  'utf-16le': [Buffer.from(TEXT, 'utf16le'), Buffer.from(TEXT)],
  'utf-16be': [Buffer.from(TEXT, 'utf16le').swap16(), Buffer.from(TEXT)],
  latin1: [WESTERN, Buffer.from(WESTERN.toString('latin1'))],
  'windows-1252': [Buffer.from('\x80\x83\x99\x9f\xe9', 'latin1'), Buffer.from('€ƒ™Ÿé')],
};

it.each(ENCODINGS)(
  'B13 %s comes out the same wherever it is cut, and leaves its input as it was',
  async (encoding) => {
    const [stored, text] = ENCODED[encoding];
    const before = Buffer.from(stored);
    for (let size = 1; size <= stored.length; size += 1) {
      expect(await read(stored, encoding, size), `chunks of ${size}`).toEqual(text);
    }
    expect(stored).toEqual(before);
  },
);

it('B13 what is no character becomes bytes that are no UTF-8, between its neighbours', async () => {
  const units = Buffer.from([0x61, 0, 0x00, 0xd8, 0x62, 0, 0x00, 0xdc, 0x63, 0, 0x00, 0xd8, 0x64]);
  const expected = Buffer.from([0x61, 0xff, 0x62, 0xff, 0x63, 0xf0]);
  for (let size = 1; size <= units.length; size += 1) {
    expect(await read(units, 'utf-16le', size), `chunks of ${size}`).toEqual(expected);
  }
  expect(await read(Buffer.from([0x61, 0x81, 0x62, 0x9d]), 'windows-1252', 1)).toEqual(
    Buffer.from([0x61, 0xff, 0x62, 0xff]),
  );
});

it('leaves out a character in which the beginning of a text ends', () => {
  const stored = Buffer.from('a\u{1F600}', 'utf16le');
  expect(transcodeBeginning(stored.subarray(0, 5), 'utf-16le').toString()).toBe('a');
});
