import { describe, expect, test } from 'vitest';

import { checkCases } from '../fuzz/check-cases.ts';
import type { Draw } from '../fuzz/draw.mjs';
import { drawRecord, drawSchema } from './drawn-records.ts';
import { lanesFor, type Lane } from './lanes.ts';
import { expectedRejects, expectedRows, rejectText } from './reading.ts';
import { FORMATS, writeFile, type SourceFile } from './source-file.ts';

/** Each is some records in all six formats. */
const CASES = 3000;

interface Share {
  seen: number;
  taken: number;
}

async function expectAsModelled(
  draw: Draw,
  file: SourceFile,
  lanes: readonly Lane[],
  share: Share,
): Promise<void> {
  const expected = {
    rows: expectedRows(file.tables, file.expected),
    rejects: expectedRejects(file.expected),
    seen: file.expected.length,
  };
  share.seen += file.expected.length;
  for (const lane of lanes) {
    const before = lane.taken?.() ?? 0;
    const reading = await lane.read(draw, file);
    share.taken += (lane.taken?.() ?? 0) - before;
    const found =
      'failed' in reading
        ? reading
        : { rows: reading.rows, rejects: reading.rejects.map(rejectText), seen: reading.counts.seen };
    if (JSON.stringify(found) === JSON.stringify(expected)) continue;
    const shown = `${lane.name} lane, ${file.format}: ${JSON.stringify(file.source)}\n${file.bytes.toString()}`;
    expect(found, shown).toEqual(expected);
  }
}

describe('the same random records give the rows of the model', () => {
  test.each([
    ['all of which fit', 0],
    ['some of which do not fit', 6],
  ])('in every format and by every lane: records %s', { timeout: 300_000 }, async (_which, misfits) => {
    const shares = FORMATS.map((format) => ({ format, seen: 0, taken: 0 }));
    await checkCases(CASES / 2, async (draw) => {
      const schema = drawSchema(draw);
      const records = draw.list(0, 5, () => drawRecord(draw, schema, misfits));
      let lanes: Lane[] = [];
      for (const share of shares) {
        const { format } = share;
        const file = writeFile(draw, format, schema, records);
        // A lane remembers what it has read; for the formats of JSON the tables are the same.
        if (lanes.length === 0 || format === 'csv' || format === 'sqlite') lanes = lanesFor(file);
        await expectAsModelled(draw, file, lanes, share);
      }
    });
    // Else the fast lanes were not tried.
    for (const { format, seen, taken } of shares) expect(taken / seen, format).toBeGreaterThan(0.15);
  });
});
