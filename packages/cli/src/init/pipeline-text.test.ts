import { expect, test } from 'vitest';

import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import type { Column } from '@millrace/shared/core/pipeline';

import type { PipelineDraft } from './draft.ts';
import { writePipelineFiles, yamlText } from './pipeline-text.ts';

function column(name: string, changes: Partial<Column> = {}): Column {
  const path = { from: 'record', steps: [name] } as const;
  return { name, type: { kind: 'text' }, path, required: false, strict: false, format: null, ...changes };
}

const guessed = (columns: readonly Column[], note: string | null = null) =>
  columns.map((each) => ({ column: each, note }));

const columns = [
  column('plain'),
  column('US Gross', { type: { kind: 'decimal', precision: 18, scale: 2 } }),
  column("it's: a #trap"),
  column('null'),
  column('tab\tand "quotes"'),
  column('lat', { type: { kind: 'double' }, path: { from: 'record', steps: ['geo', 'coordinates', 0] } }),
  column('day', { type: { kind: 'date' }, format: '%d/%m/%Y', required: true }),
  column('at', { type: { kind: 'timestamp' }, format: 'iso' }),
];
const draft: PipelineDraft = {
  name: 'films',
  maxRejectRatio: 0.05,
  sources: [
    {
      name: 'films',
      type: 'json',
      path: '../data/films *.json',
      encoding: null,
      records: ['data', 'odd.key'],
      header: true,
      nulls: [],
      notes: ['3 records cannot be read.\n  name: evil'],
      tables: [
        {
          model: 'films',
          each: null,
          relation: null,
          key: ['plain'],
          columns: guessed(columns, 'seen in "all"\nrecords'),
          notes: ['Types from all 7 records.'],
        },
        {
          model: 'films_cast',
          each: ['cast'],
          relation: null,
          key: [],
          columns: guessed([column('id', { path: { from: 'parent', steps: ['id'] } })]),
          notes: [],
        },
      ],
    },
  ],
};

const call = { own: 'npx millrace', folder: "'my films'" };

test('what is written is read as it was meant', () => {
  const files = writePipelineFiles(draft, call);
  const pipeline = compilePipeline({ v: 1, pipeline: 'films', baseDir: '/work', files });
  expect(pipeline.sources[0]).toMatchObject({ path: '../data/films *.json', records: ['data', 'odd.key'] });
  expect(pipeline.sources[0]?.tables.map((table) => [table.name, table.each])).toEqual([
    ['staged_films', null],
    ['staged_films_cast', ['cast']],
  ]);
  expect(pipeline.sources[0]?.tables[0]?.columns).toEqual(columns);
  expect(pipeline.models.map(({ name, load }) => [name, load?.kind])).toEqual([
    ['films', 'append'],
    ['films_cast', 'append'],
  ]);
});

test('the commands in the README can be copied', () => {
  const readme = writePipelineFiles(draft, call)['README.md'];
  expect(readme).toContain("\nnpx millrace run 'my films' --wait");
});

test('a model selects its columns by name, quoted where SQL needs it', () => {
  const sql = writePipelineFiles(draft, call)['models/films.sql'];
  expect(sql).toContain('SELECT\n  plain,\n  "US Gross",\n  "it\'s: a #trap",\n  "null",');
  expect(sql).toContain('FROM staged_films\n');
});

test.each([
  ['title', 'title'],
  ['yes', "'yes'"],
  ['1.0', "'1.0'"],
  ["o'clock", "'o''clock'"],
  ['a\nb', '"a\\nb"'],
])('the text %j is written as %s', (text, written) => {
  expect(yamlText(text)).toBe(written);
});
