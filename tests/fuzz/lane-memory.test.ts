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
