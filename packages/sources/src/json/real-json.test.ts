import { createReadStream, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { createJsonCutter } from './cut-json.ts';
import type { JsonShape } from './create-scanner.ts';
import { detectJsonShape } from './detect-json-shape.ts';
import { readJsonRecords } from './read-json-records.ts';

const DATA = path.resolve(import.meta.dirname, '../../../../../shared/data');

const FILES: readonly (readonly [
  file: string,
  shape: JsonShape,
  records: readonly string[],
  count: number,
])[] = [
  ['movies/movies.json', 'array', [], 3201],
  ['earthquakes/earthquakes.json', 'document', ['features'], 1707],
  ['chinook/ChinookData.json', 'document', ['Track'], 3503],
  ['chinook/ChinookData.json', 'document', ['PlaylistTrack'], 8715],
  ['chinook/ChinookData.json', 'document', ['Genre'], 25],
];

describe.skipIf(!existsSync(DATA))(
  'JSON that others made (needs the folder shared/data beside the checkout)',
  () => {
    it.each(FILES)('is read as JSON.parse reads it: %s %s %j', async (file, shape, records, count) => {
      const fileName = path.join(DATA, file);
      const expected = records.reduce<unknown>(
        (value, step) => (value as Record<string, unknown>)[step],
        JSON.parse(readFileSync(fileName, 'utf8').replace(/^\uFEFF/, '')),
      );
      for (const highWaterMark of [997, 64 * 1024]) {
        const values: unknown[] = [];
        const chunks = createReadStream(fileName, { highWaterMark });
        const slice = { start: 0, end: null, firstLine: 1, firstRecord: 1 };
        for await (const chunk of readJsonRecords({ chunks, shape, records, slice, fileName })) {
          for (const { content, raw } of chunk.records)
            values.push(content.ok ? (JSON.parse(Buffer.from(raw()).toString()) as unknown) : content);
        }
        expect(values).toHaveLength(count);
        expect(values).toEqual(expected);
      }
    });

    it.each(FILES)(
      'is cut into slices that have all records: %s %s %j',
      async (file, shape, records, count) => {
        const fileName = path.join(DATA, file);
        const content = readFileSync(fileName);
        const cutter = createJsonCutter({ shape, records, targetBytes: 50_000, fileName });
        for (let at = 0; at < content.length; at += 4096) cutter.push(content.subarray(at, at + 4096));
        const seen: (number | null)[] = [];
        for (const slice of cutter.end()) {
          const chunks = createReadStream(fileName, {
            start: slice.start,
            end: (slice.end ?? content.length) - 1,
          });
          for await (const chunk of readJsonRecords({ chunks, shape, records, slice, fileName })) {
            for (const record of chunk.records) {
              seen.push(record.recordNumber);
              const before = content.subarray(0, record.byteOffset ?? 0);
              if (record.recordNumber % 100 === 0)
                expect(record.line).toBe(before.toString('latin1').split('\n').length);
            }
          }
        }
        expect(seen).toEqual(Array.from({ length: count }, (_, index) => index + 1));
      },
    );

    it('has the shape that is detected', () => {
      const head = (file: string) => readFileSync(path.join(DATA, file)).subarray(0, 64 * 1024);
      expect(detectJsonShape(head('movies/movies.json'), false, 'movies')).toBe('array');
      expect(detectJsonShape(head('earthquakes/earthquakes.json'), false, 'earthquakes')).toBe('values');
      expect(detectJsonShape(head('chinook/ChinookData.json'), false, 'chinook')).toBe('values');
    });
  },
);
