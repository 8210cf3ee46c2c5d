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

/** Records with one column, all of them taken by the lane. @returns its cells */
async function cellsByLane(column: string, declared: { type: string }, texts: readonly string[]) {
  const tables = stageTables({
    type: 'json',
    path: 'data.json',
    tables: { data: { columns: { [column]: declared } } },
  });
  const reading = await new LaneReader(tables, 'json', null).readJson({
    chunks: oneChunk(Buffer.from(texts.map((text) => `{${JSON.stringify(column)}:${text}}\n`).join(''))),
    shape: 'lines',
    records: null,
    slice: { start: 0, end: null, firstLine: 1, firstRecord: 1 },
    fileName: 'data',
  });
  expect(reading).toMatchObject({ rejects: [], byLane: texts.length });
  return reading.rows['data']?.map(([cell]) => cell);
}

test('texts of every length are taken as they are, wherever they end, and with escapes anywhere', async () => {
  const lengths = Array.from({ length: 18 }, (_, length) => 'abcdefghijklmnopqr'.slice(0, length));
  const texts = lengths.flatMap((text) => [
    text,
    ...Array.from(text, (_, at) => `${text.slice(0, at)}"${text.slice(at)}`),
    ...Array.from(text, (_, at) => `${text.slice(0, at)}é${text.slice(at)}`),
  ]);
  const written = texts.map((text) => JSON.stringify(text));
  expect(await cellsByLane('text', { type: 'text' }, written)).toEqual(texts);
});

test('numbers of every number of digits are exact, and have as many behind the point as their column', async () => {
  const integers = Array.from({ length: 15 }, (_, zeros) => [`1${'0'.repeat(zeros)}`, '9'.repeat(zeros + 1)]);
  const signed = integers.flat().flatMap((digits) => [digits, `-${digits}`]);
  const written = [...signed, '0', '-0', '7.0'];
  expect(await cellsByLane('n', { type: 'integer' }, written)).toEqual([...signed.map(BigInt), 0n, 0n, 7n]);
  const decimals = ['0.07', '-0.07', '9999999.99', '-9999999.99', '10000000.00', '12.5', '12', '12.340'];
  const unscaled = [7n, -7n, 999999999n, -999999999n, 1000000000n, 1250n, 1200n, 1234n];
  expect(await cellsByLane('n', { type: 'decimal(18,2)' }, decimals)).toEqual(unscaled);
});

test('keys of every length are recognised, and others that begin or end like them are not', async () => {
  for (let length = 1; length <= 40; length += 1) {
    const key = 'k'.repeat(length);
    const others = [`${key}k`, `k${key}`, `${key.slice(1)}x`, `x${key.slice(1)}`].map(
      (other) => `"${other}":0,`,
    );
    const tables = stageTables({
      type: 'json',
      path: 'data.json',
      tables: { data: { columns: { id: { type: 'integer', from: key } } } },
    });
    const reading = await new LaneReader(tables, 'json', null).readJson({
      chunks: oneChunk(Buffer.from(others.map((other) => `{${other}${JSON.stringify(key)}:1}\n`).join(''))),
      shape: 'lines',
      records: null,
      slice: { start: 0, end: null, firstLine: 1, firstRecord: 1 },
      fileName: 'data',
    });
    expect(reading).toMatchObject({ rejects: [], byLane: others.length });
    expect(reading.rows['data']).toEqual(others.map(() => [1n]));
  }
});

test('a date that follows itself, another one or none is read each time', async () => {
  const days = ['1970-01-02', '1970-01-02', '1970-01-03', '1971-01-02', '1970-02-02', '1970-01-02'];
  const written = days.map((day) => `"${day}"`);
  expect(await cellsByLane('day', { type: 'date' }, written)).toEqual([1, 1, 2, 366, 32, 1]);
  const times = ['1970-01-02T00:00:01Z', '1970-01-02T00:00:02+00:00', '1970-01-01T00:00:03Z'];
  const cells = await cellsByLane(
    'at',
    { type: 'timestamp' },
    times.map((time) => `"${time}"`),
  );
  expect(cells).toEqual([86_401_000_000n, 86_402_000_000n, 3_000_000n]);
});
