import { expect, test } from 'vitest';

import { stageTables } from './orders-like.mjs';
import { LaneReader } from './read-by-lane.mjs';

const TABLES = stageTables({
  type: 'json',
  path: 'data.json',
  tables: { data: { columns: { id: { type: 'integer' } } } },
});

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test('a key that comes twice is found among more keys than a lane remembers', async () => {
  const many = Array.from({ length: 400 }, (_, index) => `{"id":${index},"key ${index}":1}`);
  const twice = [
    '{"x":1,"id":5}',
    '{"x":1,"x":2,"id":7}',
    '{"id":5,"x":1}',
    '{"id":7,"x":1,"x":2}',
    '{"id":9,"x":1}',
  ];
  const reading = await new LaneReader(TABLES, 'json', null).readJson({
    chunks: oneChunk(Buffer.from(`${[...many, ...twice].join('\n')}\n`)),
    shape: 'lines',
    records: null,
    slice: { start: 0, end: null, firstLine: 1, firstRecord: 1 },
    fileName: 'data',
  });
  const told = reading.rejects.map(({ recordNumber, reason }) => [recordNumber, reason]);
  expect(told).toEqual([
    [402, 'duplicate_key'],
    [404, 'duplicate_key'],
  ]);
  expect(reading).toMatchObject({ counts: { seen: 405, accepted: 403 }, byLane: 403 });
});

test('half a character at the end of a CSV file is not valid UTF-8, although nobody wants its field', async () => {
  const tables = stageTables({
    type: 'csv',
    path: 'data.csv',
    tables: { data: { columns: { id: { type: 'integer' } } } },
  });
  const options = { delimiter: ',', quote: '"', header: true, nulls: [] };
  const head = Buffer.from('id,extra\n1,a\n2,é');
  const bytes = head.subarray(0, head.length - 1);
  const reading = await new LaneReader(tables, 'csv', options).readCsv({
    chunks: oneChunk(bytes),
    layout: { kind: 'csv', delimiter: ',', newline: 'lf', header: ['id', 'extra'], dataStart: 9 },
    options,
    slice: { start: 0, end: null, firstLine: 1, firstRecord: 1 },
    fileName: 'data',
  });
  expect(reading.rejects).toMatchObject([{ recordNumber: 2, reason: 'invalid_utf8' }]);
  expect(reading).toMatchObject({ counts: { seen: 2, accepted: 1 }, byLane: 1 });
});
