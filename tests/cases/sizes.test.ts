import { mkdtemp, open, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { extractFolder, writePipeline } from '../support/extract-folder.ts';

const MEBIBYTE = 1024 * 1024;
const LARGE_BYTES = 300 * MEBIBYTE;
/** What reading may add to the memory of the process: half of the file would be far more. */
const ADDED_BYTES = 130 * MEBIBYTE;

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'millrace-case-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A file of the parts; a number stands for so many letters. */
async function writeParts(name: string, parts: readonly (string | number)[]): Promise<void> {
  const letters = Buffer.alloc(4 * MEBIBYTE, 'x');
  const file = await open(path.join(folder, name), 'w');
  try {
    for (const part of parts) {
      if (typeof part === 'string') await file.appendFile(part);
      else
        for (let left = part; left > 0; left -= letters.length) await file.write(letters.subarray(0, left));
    }
  } finally {
    await file.close();
  }
}

/** Extracts a file of one column `a`, and tells how much the memory of the process grew meanwhile. */
async function extractLarge(type: 'json' | 'csv', name: string, parts: readonly (string | number)[]) {
  await writePipeline(folder, {
    sources: { data: { type, path: name, tables: { data: { columns: { a: { type: 'text' } } } } } },
  });
  await writeParts(name, parts);
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5);
  try {
    const { tables, rejects } = await extractFolder(folder);
    const found = rejects.map(({ reason, recordNumber, byteLength, raw }) => ({
      reason,
      recordNumber,
      byteLength,
      isWhole: raw.length === byteLength,
    }));
    return { rows: tables['data']?.map((row) => row['a']), rejects: found, addedBytes: peak - before };
  } finally {
    clearInterval(watch);
  }
}

describe('records without an end in sight', () => {
  test('B16 a string of 300 MB costs its line, in bounded memory, and the next line is read', async () => {
    const { rows, rejects, addedBytes } = await extractLarge('json', 'data.jsonl', [
      '{"a":"1"}\n{"a":"',
      LARGE_BYTES,
      '"}\n{"a":"3"}\n',
    ]);
    expect(rows).toEqual(['1', '3']);
    expect(rejects).toEqual([
      { reason: 'record_too_large', recordNumber: 2, byteLength: LARGE_BYTES + 8, isWhole: false },
    ]);
    expect(addedBytes).toBeLessThan(ADDED_BYTES);
  });

  test('B16 an element of 300 MB costs itself', async () => {
    const { rows, rejects, addedBytes } = await extractLarge('json', 'data.json', [
      '[{"a":"1"},{"a":"',
      LARGE_BYTES,
      '"},{"a":"3"}]',
    ]);
    expect(rows).toEqual(['1', '3']);
    expect(rejects).toMatchObject([{ reason: 'record_too_large', recordNumber: 2, isWhole: false }]);
    expect(addedBytes).toBeLessThan(ADDED_BYTES);
  });

  test('B16 a file without any line end is one record that is too large', async () => {
    const { rows, rejects, addedBytes } = await extractLarge('csv', 'data.csv', ['a\n', LARGE_BYTES]);
    expect(rows).toEqual([]);
    expect(rejects).toEqual([
      { reason: 'record_too_large', recordNumber: 1, byteLength: LARGE_BYTES, isWhole: false },
    ]);
    expect(addedBytes).toBeLessThan(ADDED_BYTES);
  });

  test('B16 a quoted field of 300 MB costs its record up to its first line end', async () => {
    const { rows, rejects, addedBytes } = await extractLarge('csv', 'data.csv', [
      'a\n1\n"',
      LARGE_BYTES,
      '\n"\n3\n',
    ]);
    expect(rows?.[0]).toBe('1');
    expect(rejects[0]).toMatchObject({ reason: 'record_too_large', recordNumber: 2 });
    expect(addedBytes).toBeLessThan(ADDED_BYTES);
  });

  test('B16 a record of almost 16 MiB is read', async () => {
    const bytes = 15 * MEBIBYTE;
    const { rows, rejects } = await extractLarge('json', 'data.jsonl', ['{"a":"', bytes, '"}\n']);
    expect(rows?.map((value) => String(value).length)).toEqual([bytes]);
    expect(rejects).toEqual([]);
  });
});
