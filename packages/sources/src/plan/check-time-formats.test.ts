import { expect, it } from 'vitest';

import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';

import { checkTimeFormats } from './check-time-formats.ts';

const sourceWith = (format: string) => {
  const file = `name: p
sources:
  s: { type: csv, path: x.csv, tables: { t: { columns: { at: { type: timestamp, format: '${format}' } } } } }
models: { m: {} }
destination: { type: sqlite, path: out.db }
`;
  const files = { 'pipeline.yml': file, 'models/m.sql': 'SELECT * FROM t' };
  const [source] = compilePipeline({ v: 1, pipeline: 'p', baseDir: '/', files }).sources;
  if (source === undefined) throw new Error('The pipeline has no source.');
  return source;
};

it('names the column whose time format is not understood', () => {
  expect(() => checkTimeFormats(sourceWith('%d/%m/%Y %H:%M'))).not.toThrow();
  expect(() => checkTimeFormats(sourceWith('%d/%Q'))).toThrowError(
    expect.objectContaining({
      code: 'pipeline_invalid',
      where: 'sources.s.tables.t.columns.at',
      message: expect.stringContaining("'%Q'") as string,
    }),
  );
});
