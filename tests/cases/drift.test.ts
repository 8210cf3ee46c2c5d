import { describe, expect, test } from 'vitest';

import { extractContent, type ExtractedFolder } from '../support/extract-folder.ts';

const COLUMNS = { id: { type: 'integer', required: true }, b: { type: 'text' } };

/** Two files of one source; the second one has drifted from the first. */
function readBoth(
  type: 'json' | 'csv',
  first: string,
  second: string,
  columns?: Record<string, unknown>,
): Promise<ExtractedFolder> {
  const table = columns === undefined ? {} : { columns };
  return extractContent({
    sources: { data: { type, path: 'data', tables: { data: table } } },
    files: { [`data/1.${type}`]: first, [`data/2.${type}`]: second },
  });
}

const reasons = ({ rejects }: ExtractedFolder) => rejects.map(({ file, reason }) => [file, reason]);

describe('declared columns', () => {
  test('B29 a value that is not of the declared type any more is rejected, in its file', async () => {
    for (const extracted of [
      await readBoth('json', '{"id":1}\n', '{"id":"A-2"}\n{"id":3}\n', COLUMNS),
      await readBoth('csv', 'id,b\n1,x\n', 'id,b\nA-2,y\n3,z\n', COLUMNS),
    ]) {
      expect(extracted.tables['data']?.map((row) => row['id'])).toEqual([1n, 3n]);
      expect(reasons(extracted)).toEqual([[expect.stringMatching(/^data\/2/), 'type_mismatch']]);
    }
  });

  test('B29 columns of CSV are matched by name, whatever their order', async () => {
    const { tables, rejects } = await readBoth('csv', 'id,b\n1,x\n', 'b,new,id\ny,n,2\n', COLUMNS);
    expect(tables['data']).toEqual([
      { id: 1n, b: 'x' },
      { id: 2n, b: 'y' },
    ]);
    expect(rejects).toEqual([]);
  });

  test('B29 a column that some files lack is null there, and one that is required refuses their records', async () => {
    const optional = await readBoth('csv', 'id,b\n1,x\n', 'id\n2\n', COLUMNS);
    expect(optional.tables['data']).toEqual([
      { id: 1n, b: 'x' },
      { id: 2n, b: null },
    ]);
    const required = await readBoth('csv', 'id,b\n1,x\n', 'b\ny\n', COLUMNS);
    expect(reasons(required)).toEqual([['data/2.csv', 'missing_field']]);
    const json = await readBoth('json', '{"id":1,"b":"x"}\n', '{"b":"y"}\n', COLUMNS);
    expect(reasons(json)).toEqual([['data/2.json', 'missing_field']]);
  });

  test('B29 a column that no file has, or a file that has none of the columns, fails', async () => {
    await expect(readBoth('csv', 'idd,b\n1,x\n', 'idd,b\n2,y\n', COLUMNS)).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining("Did you mean 'idd'?") as string,
    });
    await expect(readBoth('csv', 'id,b\n1,x\n', 'when;what\n2;y\n', COLUMNS)).rejects.toMatchObject({
      code: 'schema_mismatch',
      where: expect.stringMatching(/data\/2\.csv$/) as string,
      hint: expect.stringContaining('"when", "what"') as string,
    });
  });
});

describe('inferred columns', () => {
  test('B29 are those of all sampled files, with a type that takes the values of each', async () => {
    for (const extracted of [
      await readBoth('json', '{"id":1,"b":true}\n', '{"new":2.5,"id":"A-2"}\n'),
      await readBoth('csv', 'id,b\n1,true\n', 'new,id\n2.5,A-2\n'),
    ]) {
      expect(extracted.tables['data']).toEqual([
        { id: '1', b: true, new: null },
        { id: 'A-2', b: null, new: 2.5 },
      ]);
      expect(extracted.rejects).toEqual([]);
    }
  });
});
