import { expect, test } from 'vitest';

import { checkCases } from '../fuzz/check-cases.ts';
import type { Draw } from '../fuzz/draw.mjs';
import { drawRecord, drawSchema, type DrawnRecord, type DrawnSchema } from './drawn-records.ts';
import { lanesFor } from './lanes.ts';
import { FORMATS, writeFile } from './source-file.ts';

/** Lanes look at a megabyte at a time: these files are larger, and so is a record now and then. */
const FILE_BYTES = 2_500_000;
const CASES = 3;

function drawMany(draw: Draw, schema: DrawnSchema): DrawnRecord[] {
  const some = Array.from({ length: 40 }, () => drawRecord(draw, schema, 3));
  const filler = 'fill é😀" '.repeat(40);
  const records: DrawnRecord[] = [];
  for (let bytes = 0; bytes < FILE_BYTES;) {
    const record = draw.pick(some);
    const text = filler.repeat(draw.chance(1) ? draw.int(1, 3000) : draw.int(0, 3));
    const extra = {
      ...record.extra,
      csv: { source: text, cell: text },
      sqlite: { source: text, cell: text },
    };
    records.push({ ...record, extra, json: withFiller(record.json, text) });
    bytes += text.length + 200;
  }
  return records;
}

function withFiller(json: DrawnRecord['json'], text: string): DrawnRecord['json'] {
  if (typeof json === 'string' || Array.isArray(json)) return json;
  return { members: [...json.members, ['"filler"', JSON.stringify(text)]] };
}

test.each(FORMATS)(
  'lanes agree on files larger than what they look at: %s',
  { timeout: 300_000 },
  async (format) => {
    await checkCases(CASES, async (draw) => {
      const schema = drawSchema(draw);
      const file = writeFile(draw, format, schema, drawMany(draw, schema));
      const [strict, ...others] = lanesFor(file);
      const expected = JSON.stringify(await strict?.read(draw, file));
      for (const lane of others) {
        const found = JSON.stringify(await lane.read(draw, file));
        const at = [...found].findIndex((character, index) => character !== expected[index]);
        if (found !== expected)
          expect(found.slice(at - 200, at + 200)).toBe(expected.slice(at - 200, at + 200));
      }
      expect(expected).not.toContain('"failed"');
    });
  },
);
