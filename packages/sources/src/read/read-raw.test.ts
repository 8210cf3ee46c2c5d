import { makePlan } from '@millrace/shared/testing/make-plan';
import type { PlannedInput, PlannedSource } from '@millrace/shared/core/plan';
import { describe, expect, it } from 'vitest';

import { readJsonRecords } from '../json/read-json-records.ts';
import { createRawReader } from './read-raw.ts';

const [SOURCE] = makePlan().sources as [PlannedSource];
const [INPUT] = makePlan().inputs as [PlannedInput];

function readerOf(shape: 'members' | 'document', members: boolean) {
  const source = { ...SOURCE, records: ['users'], members };
  const read = createRawReader(source, { ...INPUT, layout: { kind: 'json', shape } });
  return (raw: Uint8Array | string) =>
    read({
      recordNumber: 1,
      line: 1,
      byteOffset: 0,
      byteLength: raw.length,
      reason: 'json_syntax',
      raw: Buffer.from(raw),
    });
}

async function* chunksOf(text: string) {
  yield Promise.resolve(Buffer.from(text));
}

describe('a record that is a member of an object', () => {
  it('is the same again, with its key, or is refused for the same reason', async () => {
    const members = ['"u1": {"n": 1}', '"u\\"2" :\n[]', '"x\\y":{}', '"": tru', '"d": {"a": 1, "a": 2}'];
    const reading = {
      chunks: chunksOf(`{"users": {${members.join(',')}}}`),
      shape: 'members',
      records: ['users'],
      slice: { start: 0, end: null, firstLine: 1, firstRecord: 1 },
      fileName: 'users.json',
    } as const;
    const read = readerOf('members', true);
    let count = 0;
    for await (const { records } of readJsonRecords(reading)) {
      for (const { raw, content } of records) {
        expect(Buffer.from(raw()).toString()).toBe(members[count]);
        expect(read(raw())).toEqual(content);
        count += 1;
      }
    }
    expect(count).toBe(members.length);
  });

  it.each(['{"n": 1}', '"u1" {"n": 1}', '"u1": {}, "u2": {}', '"u1: {}', '"u1":', '', 'u1: {}', ' "u1": {}'])(
    'is refused when it was edited to what is no member: %s',
    (raw) => {
      expect(readerOf('members', true)(raw)).toMatchObject({ ok: false, reason: 'json_syntax' });
    },
  );

  it('cannot be read again where records are no members any more, nor the other way round', () => {
    for (const [shape, members] of [
      ['members', false],
      ['document', true],
    ] as const) {
      expect(() => readerOf(shape, members)).toThrow(expect.objectContaining({ code: 'replay_impossible' }));
    }
  });
});
