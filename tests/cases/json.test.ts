import { describe, expect, test } from 'vitest';

import { extractFile } from '../support/extract-folder.ts';

const COLUMNS = { a: { type: 'integer' } };

/** Rows and reasons of newline-delimited JSON with one column `a`. */
async function lines(text: string | Uint8Array) {
  const { tables, rejects, files } = await extractFile('json', 'data.jsonl', text, { columns: COLUMNS });
  return {
    rows: tables['data']?.map((row) => row['a']),
    rejects: rejects.map(({ recordNumber, reason }) => [recordNumber, reason]),
    counts: files['data.jsonl'],
  };
}

describe('B01', () => {
  test('B01 a syntax error costs its line, not the next one', async () => {
    expect(await lines('{"a":1}\n{"a":}\n{"a":3}\n')).toEqual({
      rows: [1n, 3n],
      rejects: [[2, 'json_syntax']],
      counts: { seen: 3, accepted: 2, rejected: 1, blank: 0 },
    });
  });
});
