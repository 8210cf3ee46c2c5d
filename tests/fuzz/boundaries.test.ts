import { isMillraceError } from '@millrace/shared/core/errors';
import { RecordScanner } from '@millrace/sources/csv/record-scanner';
import { createScanner, type JsonShape } from '@millrace/sources/json/create-scanner';
import { describe, expect, test } from 'vitest';

import { checkCases } from './check-cases.ts';
import type { Draw } from './draw.mjs';
import { mutate } from './mutate.mjs';
import { randomString, randomTree, writeTree } from './random-json.mjs';

const WHOLE = { start: 0, end: null, firstLine: 1 };
const SHAPES: readonly JsonShape[] = ['lines', 'array', 'document', 'members', 'values'];
const STEPS = ['a', 'b'];

/** Everything that a scanner says about bytes that come in chunks of this size, its error included. */
function scanJson(shape: JsonShape, bytes: Buffer, chunkBytes: number): string {
  const said: string[] = [];
  const scanner = createScanner(shape, STEPS, WHOLE, 'f', (start, end, line, whole) =>
    said.push(`${start}-${end} line ${line}${whole ? '' : ' cut'}`),
  );
  try {
    for (let at = 0; at < bytes.length; at += chunkBytes)
      scanner.scan(bytes.subarray(at, at + chunkBytes), false);
    scanner.end();
    said.push(`${scanner.blank} blank`);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    said.push(`${error.code}: ${error.message} (${error.where ?? ''})`);
  }
  return said.join('\n');
}

function scanCsv(newline: 'lf' | 'cr', bytes: Buffer, chunkBytes: number, maxRecordBytes: number): string {
  const said: string[] = [];
  const scanner = new RecordScanner({
    delimiter: ',',
    quote: '"',
    newline,
    byteOffset: 0,
    line: 1,
    skipBytes: 0,
    maxRecordBytes,
  });
  const drain = () => {
    while (scanner.next()) {
      const { byteOffset, byteLength, line, blank, quoted, terminated, fault, window, start, end } = scanner;
      const text = window.toString('latin1', start, end);
      said.push(JSON.stringify([byteOffset, byteLength, line, blank, quoted, terminated, fault, text]));
    }
  };
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    scanner.push(bytes.subarray(at, at + chunkBytes));
    drain();
  }
  scanner.finish();
  drain();
  return said.join('\n');
}

function sameForAllChunks(bytes: Buffer, scan: (chunkBytes: number) => string): void {
  const whole = scan(Math.max(1, bytes.length));
  for (let chunkBytes = 1; chunkBytes < bytes.length; chunkBytes += 1) {
    expect(scan(chunkBytes), `chunks of ${chunkBytes} bytes`).toBe(whole);
  }
}

function jsonFile(draw: Draw, shape: JsonShape): Buffer {
  const records = draw.list(0, 4, () => writeTree(draw, randomTree(draw, 2), shape === 'lines'));
  const space = () => draw.pick(['', ' ', '\n', '\r\n']);
  const array = () => `[${space()}${records.join(`${space()},${space()}`)}${space()}]`;
  switch (shape) {
    case 'lines':
      return Buffer.from(records.join(draw.pick(['\n', '\r\n', '\n\n \n'])));
    case 'values':
      return Buffer.from(records.join(draw.pick(['\n', ' ', '\r\n'])));
    case 'array':
      return Buffer.from(draw.pick(['', '\ufeff']) + array());
    case 'document':
      return Buffer.from(
        `{"x":[1,"]"],"a":${space()}{"c\\"":{},"b":${array()}${space()}}, "y":"}"}${space()}`,
      );
    case 'members':
      return Buffer.from(`{"x":{"b":{"k":1}},"a":{"b":${space()}${members(draw, records)}${space()}}}`);
  }
}

function members(draw: Draw, values: readonly string[]): string {
  const space = () => draw.pick(['', ' ', '\n']);
  const key = () => draw.pick(['"k"', '""', '"\\""', '"}"', '"\\u00e9é"']);
  return `{${space()}${values.map((value) => key() + space() + `:${space()}${value}`).join(`${space()},${space()}`)}}`;
}

describe('boundaries of records do not depend on how the bytes are cut into chunks', () => {
  test.each(SHAPES)('JSON: %s', async (shape) => {
    await checkCases(300, (draw) => {
      const sound = jsonFile(draw, shape);
      const bytes = draw.chance(60) ? mutate(draw, sound, 2) : sound;
      sameForAllChunks(bytes, (chunkBytes) => scanJson(shape, bytes, chunkBytes));
    });
  });

  test.each(['lf', 'cr'] as const)('CSV with line ends as %s', async (newline) => {
    await checkCases(500, (draw) => {
      const field = () =>
        draw.pick(['', 'a', 'b b', '"q"', '"a,b"', '"a""b"', '"a\r\nb"', '"x', 'x"y', '"a" ', 'é']);
      const record = () => draw.list(1, 3, field).join(',') + draw.pick(['\n', '\r\n', '\r', '']);
      const sound = Buffer.from(draw.list(0, 6, record).join('') + randomString(draw, 5));
      const bytes = draw.chance(30) ? mutate(draw, sound, 2) : sound;
      const limit = draw.pick([1000, 20, 7]);
      sameForAllChunks(bytes, (chunkBytes) => scanCsv(newline, bytes, chunkBytes, limit));
    });
  });
});
