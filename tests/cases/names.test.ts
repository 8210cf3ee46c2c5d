import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openEngine } from '@millrace/shared/adapters/duckdb';
import { describe, expect, test } from 'vitest';

import { extractContent, extractFile, extractFolder, writePipeline } from '../support/extract-folder.ts';

/** Strings that break what handles names carelessly: by quoting, by escaping, by being a word of SQL or of JavaScript. */
const NAUGHTY = [
  'select',
  'table',
  'from',
  'order',
  'group',
  'null',
  'true',
  'rowid',
  '_rowid_',
  'oid',
  'filename',
  'file_row_number',
  'index',
  'default',
  'constructor',
  'toString',
  'hasOwnProperty',
  '__proto__',
  'undefined',
  'NaN',
  '0',
  '-1',
  '1e5',
  '0x0',
  'a b',
  ' leading',
  'trailing ',
  'dot.ted',
  'brackets[0]',
  '[0]',
  '^up',
  '$index',
  '*',
  '%',
  '?',
  ':name',
  '@name',
  '#temp',
  '--comment',
  '/*comment*/',
  'semi;colon',
  "single'quote",
  "two''single",
  'double"quote',
  'two""double',
  '"quoted"',
  '`backtick`',
  'back\\slash',
  '\\n',
  '$(touch /tmp/x)',
  '${7*7}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '=cmd|x',
  '"; DROP TABLE data; --',
  "'; DROP TABLE data; --",
  'tab\there',
  'line\nbreak',
  'carriage\rreturn',
  '\u001b[31mred',
  '\u0001',
  '\u007f',
  '\u00a0',
  '\u200b',
  '\u202eright to left',
  '\u2028',
  '\uFEFFmark',
  'é',
  'e\u0301',
  'ñandú',
  'ß',
  'İstanbul',
  'Ω',
  '数据',
  'الاسم',
  'שם',
  'ไทย',
  '👩‍👩‍👧‍👦',
  '\u{1F600}',
  '𝒳',
  'Z̸̢a̵l̷g̴o̶',
  'x'.repeat(300),
  'é'.repeat(300),
] as const;

describe('columns', () => {
  test('B26 a column may have any name: inferred, in Parquet and in rejects', async () => {
    const record = (value: unknown) =>
      `{${NAUGHTY.map((name) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}\n`;
    const { tables, plan } = await extractFile('json', 'data.jsonl', record(1) + record(2));
    expect(plan.tables[0]?.columns.map(({ name }) => name).sort()).toEqual([...NAUGHTY].sort());
    expect(Object.keys(tables['data']?.[1] ?? {}).sort()).toEqual([...NAUGHTY].sort());
    expect(new Set(Object.values(tables['data']?.[1] ?? {}))).toEqual(new Set([2n]));
  });

  test('B26 declared by any name, a column takes the key of that name and says so in its rejects', async () => {
    // The one name that an object of JavaScript loses: it is refused, see the tests of the pipeline file.
    const declarable = NAUGHTY.filter((name) => name !== '__proto__');
    const columns = Object.fromEntries(declarable.map((name) => [name, { type: 'integer' }]));
    const record = (value: unknown) =>
      JSON.stringify(Object.fromEntries(declarable.map((name) => [name, value])));
    const { tables, rejects } = await extractFile('json', 'data.jsonl', `${record(1)}\n${record('x')}\n`, {
      columns,
    });
    expect(tables['data']).toEqual([Object.fromEntries(declarable.map((name) => [name, 1n]))]);
    const named = rejects[0]?.faults.map(({ column }) => column) ?? [];
    expect(named.length).toBeGreaterThan(0);
    expect(declarable).toEqual(expect.arrayContaining(named));
  });

  test('B26 the header of CSV may have any name', async () => {
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const header = NAUGHTY.map(quote).join(',');
    const { tables } = await extractFile(
      'csv',
      'data.csv',
      `${header}\n${NAUGHTY.map(() => '7').join(',')}\n`,
    );
    expect(Object.keys(tables['data']?.[0] ?? {}).sort()).toEqual([...NAUGHTY].sort());
  });

  test('B26 inferred names that differ only in case, or are empty, get names of their own', async () => {
    const { tables } = await extractFile('json', 'data.jsonl', '{"a":1,"A":2,"":3,"É":4,"é":5}\n');
    expect(tables['data']).toEqual([{ a: 1n, A_2: 2n, column: 3n, É: 4n, é_2: 5n }]);
  });

  test('B26 declared names that differ only in case fail at planning', async () => {
    const columns = { a: { type: 'integer' }, A: { type: 'integer' } };
    await expect(extractFile('json', 'data.jsonl', '{"a":1}\n', { columns })).rejects.toMatchObject({
      code: 'pipeline_invalid',
      message: expect.stringContaining("'a' and 'A' differ only in case") as string,
    });
  });
});

describe('tables', () => {
  const sources = (...tables: string[]) => ({
    data: {
      type: 'json',
      path: 'data.jsonl',
      tables: Object.fromEntries(tables.map((table) => [table, {}])),
    },
  });
  const files = { 'data.jsonl': '{"a":1}\n' };

  test('B26 words of SQL may name tables, up to 63 characters', async () => {
    const names = ['select', 'table', 'order', 'Group', '_', 'x'.repeat(63)];
    const { tables } = await extractContent({ sources: sources(...names), files });
    for (const name of names) expect(tables[name]).toEqual([{ a: 1n }]);
  });

  test('B26 other names of tables, and names that differ only in case, fail at planning', async () => {
    for (const name of ['', 'a b', '1st', 'é', '"; DROP', '../up', 'x'.repeat(64)]) {
      await expect(extractContent({ sources: sources(name), files }), name).rejects.toMatchObject({
        code: 'pipeline_invalid',
      });
    }
    await expect(extractContent({ sources: sources('orders', 'Orders'), files })).rejects.toMatchObject({
      code: 'pipeline_invalid',
      message: expect.stringContaining('have the same name') as string,
    });
  });
});

test('B26 Parquet files of any name are read, also where the name looks like a glob', async () => {
  const looking = ['odd[1].parquet', 'star*.parquet', 'what?.parquet', '{a,b}.parquet', '[!x].parquet'];
  const matching = ['odd1.parquet', 'star2.parquet', 'what3.parquet', 'a.parquet', "quote'.parquet"];
  const names = [...looking, ...matching];
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-case-'));
  const engine = await openEngine({ memoryLimitBytes: 256 * 1024 * 1024, threads: 1, spillDir: null });
  try {
    await writePipeline(folder, {
      sources: { data: { type: 'parquet', path: 'data', tables: { data: {} } } },
      files: { 'data/keep': '' },
    });
    for (const [index, name] of names.entries()) {
      const target = path.join(folder, 'data', name).replaceAll("'", "''");
      await engine.run(`COPY (SELECT ${index} AS a) TO '${target}' (FORMAT parquet)`);
    }
    const { tables, plan } = await extractFolder(folder);
    expect(tables['data']?.map((row) => names[Number(row['a'])])).toEqual(
      plan.inputs.map(({ name }) => name.slice('data/'.length)),
    );
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});
