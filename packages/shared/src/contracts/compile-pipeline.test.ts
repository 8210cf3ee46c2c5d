import { describe, expect, it } from 'vitest';

import { compilePipeline } from './compile-pipeline.ts';

const GOOD = `name: shop
sources:
  orders:
    type: json
    path: data/*.json
    tables:
      orders:
        key: [order_id]
        columns:
          order_id: { type: text, required: true }
          channel: { type: text, from: channel.name }
      items:
        each: items
        columns:
          order_id: { type: text, from: ^order_id }
          line: { type: integer, from: $index }
          price: { type: "decimal(18,2)" }
  shop:
    type: sqlite
    path: data/shop.db
    tables:
      customers: {}
      products: { query: SELECT * FROM products }
rejects: { max_ratio: 0.01 }
models:
  daily: { load: append }
  best: { load: { merge: [id] } }
destination: { type: sqlite, path: out.db }
`;

function compile(text: string, models: string[] = ['daily', 'best']) {
  const files = Object.fromEntries(models.map((model) => [`models/${model}.sql`, 'SELECT 1 AS id']));
  return compilePipeline({
    v: 1,
    pipeline: 'shop',
    baseDir: '/home/me/shop',
    files: { 'pipeline.yml': text, ...files },
  });
}

function fault(text: string, models?: string[]): unknown {
  try {
    compile(text, models);
  } catch (error) {
    const { code, message, where, hint } = error as {
      code: string;
      message: string;
      where: string;
      hint: string;
    };
    return { code, message, where, hint };
  }
  throw new Error('compiled, though it should not');
}

/** With orders that are members of an object, the first column of which is declared like this. */
function withMembers(column: string): string {
  return GOOD.replace('    path: data/*.json', '    path: data/*.json\n    records: users.*').replace(
    '{ type: text, required: true }',
    column,
  );
}

describe('compilePipeline', () => {
  it('fills in defaults and resolves paths', () => {
    const pipeline = compile(GOOD);
    expect(pipeline).toMatchObject({
      name: 'shop',
      batch: { rows: 50_000 },
      rejects: { maxRows: null, maxRatio: 0.01 },
      destinations: [{ type: 'sqlite', path: '/home/me/shop/out.db' }],
    });
    const [orders, items] = pipeline.sources[0]?.tables ?? [];
    expect(orders?.columns?.[0]).toEqual({
      name: 'order_id',
      type: { kind: 'text' },
      path: { from: 'record', steps: ['order_id'] },
      required: true,
      strict: false,
      format: null,
    });
    expect(items).toMatchObject({ each: ['items'] });
    expect(items?.columns?.map((column) => column.path.from)).toEqual(['parent', 'index', 'record']);
    expect(pipeline.sources[1]?.tables[0]).toMatchObject({
      columns: null,
      relation: 'customers',
      query: null,
    });
    expect(pipeline.models.map((model) => model.load?.kind)).toEqual(['append', 'merge']);
  });

  it.each([
    ['users', { records: ['users'], members: false }],
    ['users.*', { records: ['users'], members: true }],
    ['"*"', { records: [], members: true }],
    ['a[0].*', { records: ['a', 0], members: true }],
    [`'["a.b"].*'`, { records: ['a.b'], members: true }],
    [`'a["*"]'`, { records: ['a', '*'], members: false }],
    [`'a["*"].*'`, { records: ['a', '*'], members: true }],
    ['users*', { records: ['users*'], members: false }],
  ])('finds in `records: %s` where records are, and whether they have keys', (records, found) => {
    const yaml = GOOD.replace('    path: data/*.json', `    path: data/*.json\n    records: ${records}`);
    expect(compile(yaml).sources[0]).toMatchObject(found);
  });

  it('takes keys of records for columns of text', () => {
    const yaml = withMembers('{ type: text, from: $key }').replace('^order_id', '^$key');
    const [orders, items] = compile(yaml).sources[0]?.tables ?? [];
    expect(orders?.columns?.[0]?.path).toEqual({ from: 'key', steps: [] });
    expect(items?.columns?.[0]?.path).toEqual({ from: 'parentKey', steps: [] });
  });

  it.each([
    [withMembers('{ type: integer, from: $key }'), "'$key' is text; this column is integer."],
    [withMembers('{ type: text, from: ^$key }'), "'^$key' needs a parent record"],
    [
      withMembers('{ type: text }').replace('^order_id', '$key'),
      "'$key' is not known in a table with 'each'",
    ],
    [
      withMembers('{ type: text, from: $key }').replace('records: users.*', 'records: users'),
      "'$key' needs records that are members of an object",
    ],
    [withMembers('{ type: text }').replace('users.*', 'a.*.b'), "In 'a.*.b', * cannot be used like this."],
    [withMembers('{ type: text }').replace('users.*', 'users..*'), "Cannot read the path 'users.'"],
    [withMembers('{ type: text }').replace('each: items', 'each: items.*'), "In 'items.*', * cannot be used"],
  ])('refuses keys and * where they have no meaning', (yaml, message) => {
    expect(() => compile(yaml)).toThrow(
      expect.objectContaining({
        code: 'pipeline_invalid',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it('takes limits of rejects for the run and for a source, and has a default for sources without either', () => {
    const none = GOOD.replace('rejects: { max_ratio: 0.01 }\n', '');
    const own = (text: string) => text.replace('  shop:\n', '  shop:\n    rejects: { max_rows: 2 }\n');
    const shop = { source: 'shop', maxRows: 2, maxRatio: null, byDefault: false };
    const limit = { maxRows: null, maxRatio: 0.05, byDefault: true };
    expect(compile(GOOD).rejects.sources).toEqual([]);
    expect(compile(own(GOOD)).rejects.sources).toEqual([shop]);
    expect(compile(none).rejects).toEqual({
      maxRows: null,
      maxRatio: null,
      sources: [
        { source: 'orders', ...limit },
        { source: 'shop', ...limit },
      ],
    });
    expect(compile(own(none)).rejects.sources).toEqual([{ source: 'orders', ...limit }, shop]);
  });

  it.each([
    [
      'a misspelt key',
      GOOD.replace('rejects:', 'rejcts:'),
      'pipeline.yml:24',
      "Unknown key 'rejcts'. Did you mean 'rejects'?",
    ],
    [
      'a misspelt key of a source',
      GOOD.replace('    path: data/*.json', '    pth: data/*.json\n    path: x'),
      'pipeline.yml:5',
      "Unknown key 'pth' in sources.orders. Did you mean 'path'?",
    ],
    [
      'a misspelt key of a column',
      GOOD.replace('required: true }', 'requierd: true }'),
      'pipeline.yml:10',
      "Did you mean 'required'?",
    ],
    [
      'a misspelt key of the destination',
      GOOD.replace('path: out.db', 'pathh: out.db, path: x'),
      'pipeline.yml:28',
      "Did you mean 'path'?",
    ],
    [
      'an unknown type',
      GOOD.replace('{ type: integer, from: $index }', '{ type: int, from: $index }'),
      'pipeline.yml:16',
      "Unknown column type 'int'.",
    ],
    [
      'a type of source that does not exist',
      GOOD.replace('type: json', 'type: xml'),
      'pipeline.yml:4',
      'sources.orders.type',
    ],
    ['a missing key', GOOD.replace('name: shop\n', ''), 'pipeline.yml', 'name'],
    [
      'a parent path outside each',
      GOOD.replace('from: channel.name', 'from: ^x'),
      'pipeline.yml:11',
      "has no 'each'",
    ],
    [
      'a query for JSON',
      GOOD.replace('        key: [order_id]', '        query: SELECT 1'),
      'pipeline.yml:8',
      "'query' is for sources of type sqlite",
    ],
    [
      'a key that is no column',
      GOOD.replace('key: [order_id]', 'key: [oder_id]'),
      'pipeline.yml:8',
      "Did you mean 'order_id'?",
    ],
    [
      'records for SQLite',
      GOOD.replace('    path: data/shop.db', '    path: data/shop.db\n    records: a'),
      'pipeline.yml:21',
      "'records' has no meaning",
    ],
    [
      'a name that would be lost',
      GOOD.replace('channel:', '__proto__:'),
      'pipeline.yml:11',
      "'__proto__' cannot be",
    ],
    ['broken YAML', GOOD.replace('sources:', 'sources: ['), 'pipeline.yml:', 'Not valid YAML'],
    [
      'a name with a dash',
      GOOD.replace('name: shop', 'name: my-shop'),
      'pipeline.yml:1',
      'a name has letters',
    ],
  ])('refuses %s with line and help', (_, text, where, message) => {
    expect(fault(text)).toMatchObject({
      code: 'pipeline_invalid',
      where: expect.stringContaining(where) as string,
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ["delimiter: '§'", '\'delimiter\' cannot be "§".'],
    ['delimiter: "\\n"', '\'delimiter\' cannot be "\\n".'],
    ['quote: «', '\'quote\' cannot be "«".'],
    ["delimiter: '\"'", `'delimiter' and 'quote' are both "\\"".`],
  ])('refuses CSV with %s, of which no byte could be told', (option, message) => {
    const csv = `name: p
sources:
  s: { type: csv, path: x.csv, tables: { t: {} }, ${option} }
models: { m: {} }
destination: { type: sqlite, path: out.db }`;
    expect(fault(csv, ['m'])).toMatchObject({ code: 'pipeline_invalid', message });
  });

  it('refuses batches larger than their texts can be found in', () => {
    const batchOf = (bytes: number) => `${GOOD}\nbatch: { bytes: ${bytes} }\n`;
    expect(compile(batchOf(2 ** 30)).batch.bytes).toBe(2 ** 30);
    expect(fault(batchOf(2 ** 30 + 1))).toMatchObject({
      code: 'pipeline_invalid',
      message: 'batch.bytes: Too big: expected number to be <=1073741824.',
    });
  });

  it('says which model has no file', () => {
    expect(fault(GOOD, ['dayly', 'best'])).toMatchObject({
      where: 'pipeline.yml:26',
      message: "Model 'daily' has no file models/daily.sql. Did you mean 'dayly'?",
    });
  });

  it('refuses a model with the name of a staged table', () => {
    expect(fault(GOOD, ['daily', 'best', 'orders'])).toMatchObject({
      message: expect.stringContaining('same name') as string,
    });
  });

  it('refuses to merge into files, which are never changed', () => {
    const text = GOOD.replace('{ type: sqlite, path: out.db }', '{ type: files, path: out, format: csv }');
    expect(fault(text)).toMatchObject({
      message: expect.stringContaining("Model 'best' is merged") as string,
    });
  });

  it('refuses a pipeline that would publish nothing', () => {
    expect(fault(GOOD.replace(/models:[^]*destination/, 'destination'), [])).toMatchObject({
      message: 'No model is loaded, so nothing would be published.',
    });
  });
});
