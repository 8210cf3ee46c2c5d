import { parseColumnType } from '@millrace/shared/core/column-type';
import { DEFAULT_CONTRACT, type Contract } from '@millrace/shared/core/contract';
import type { Column } from '@millrace/shared/core/pipeline';
import type { StagedTable } from '@millrace/shared/core/plan';
import { parseValuePath } from '@millrace/shared/core/value-path';
import { describe, expect, it } from 'vitest';

import { fittingKind } from '../infer/fitting-type.ts';
import { compileJudge } from '../judge/judge.ts';
import { parseJson } from '../json/parse-json.ts';
import type { SourceValue } from '../source-value.ts';
import { evolveTable } from './evolve-table.ts';
import { findDrift, type FoundDrift } from './find-drift.ts';

function column(name: string, type: string, from = name, required = false): Column {
  return {
    name,
    type: parseColumnType(type),
    path: parseValuePath(from),
    required,
    strict: false,
    format: null,
  };
}

function orders(contract: Partial<Contract>): StagedTable {
  const columns = [
    column('id', 'integer', 'id', true),
    column('amount', 'integer'),
    column('channel', 'text', 'channel.name'),
  ];
  return table('orders', columns, null, { ...DEFAULT_CONTRACT, ...contract });
}

function table(
  name: string,
  columns: readonly Column[],
  each: StagedTable['each'] = null,
  contract: Contract = DEFAULT_CONTRACT,
): StagedTable {
  return {
    name,
    source: 's',
    key: [],
    each,
    columns,
    inferred: false,
    query: null,
    relation: name,
    contract,
  };
}

function fromJson(text: string): SourceValue {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

/** What becomes of a record: its row, how it is refused, or that it breaks the contract; and what is left out. */
function fate(contract: Partial<Contract>, record: string): unknown {
  const judged = compileJudge([orders(contract)], 'json').judge(fromJson(record));
  if (!judged.ok)
    return judged.breach === null
      ? judged.reason
      : ['breach', ...judged.breach.map(({ kind, path }) => [kind, path])];
  const [row] = judged.rows[0] ?? [];
  return judged.drift === null
    ? row
    : [row, ...judged.drift.map(({ kind, path, value }) => [kind, path, value])];
}

const PLAIN = [1n, 5n, 'web'];
const WITH_COUPON = '{"id":1,"amount":5,"channel":{"name":"web"},"coupon":"x"}';
const WITH_CAMPAIGN = '{"id":1,"amount":5,"channel":{"name":"web","campaign":{"a":1}}}';
const NULL_COUPON = '{"id":1,"amount":5,"channel":{"name":"web"},"coupon":null}';
const WITHOUT_AMOUNT = '{"id":1,"channel":{"name":"web"}}';
const NULL_AMOUNT = '{"id":1,"amount":null,"channel":null}';
const TEXT_AMOUNT = '{"id":1,"amount":"five","channel":{"name":"web"}}';
const TEXT_CHANNEL = '{"id":1,"amount":5,"channel":"web"}';
const TEXT_ID = '{"id":"one","amount":5,"channel":{"name":"web"}}';

describe('a contract about new columns', () => {
  it.each<[Contract['newColumns'], record: string, fate: unknown]>([
    ['report', WITH_COUPON, PLAIN],
    ['drop_value', WITH_COUPON, [PLAIN, ['new_column', 'coupon', 'x']]],
    ['evolve', WITH_COUPON, [PLAIN, ['new_column', 'coupon', 'x']]],
    ['reject_row', WITH_COUPON, 'unknown_field'],
    ['freeze', WITH_COUPON, ['breach', ['new_column', 'coupon']]],
    ['reject_row', WITH_CAMPAIGN, 'unknown_field'],
    ['drop_value', WITH_CAMPAIGN, [PLAIN, ['new_column', 'channel.campaign', { a: 1 }]]],
    ['reject_row', NULL_COUPON, PLAIN],
    ['freeze', NULL_COUPON, PLAIN],
  ])('%s makes of %s', (newColumns, record, expected) => {
    expect(fate({ newColumns }, record)).toEqual(expected);
  });

  it('does not take for new what the table ignores', () => {
    const ignored = [['coupon'], ['channel', 'campaign']];
    expect(fate({ newColumns: 'freeze', ignored }, WITH_COUPON)).toEqual(PLAIN);
    expect(fate({ newColumns: 'freeze', ignored }, WITH_CAMPAIGN)).toEqual(PLAIN);
  });

  it('does not take for new what another table of the source reads', () => {
    const items = table('items', [column('order', 'integer', '^number')], ['items']);
    const judge = compileJudge([orders({ newColumns: 'freeze' }), items], 'json');
    expect(judge.judge(fromJson('{"id":1,"number":7,"items":[{"any":1}]}'))).toMatchObject({ ok: true });
    expect(judge.judge(fromJson('{"id":1,"number":7,"lines":[]}'))).toMatchObject({
      ok: false,
      breach: [{ table: 'orders', kind: 'new_column', path: 'lines', value: [] }],
    });
  });

  it('of elements says nothing about their record', () => {
    const contract = { ...DEFAULT_CONTRACT, newColumns: 'reject_row' } as const;
    const judge = compileJudge([table('items', [column('sku', 'text')], ['items'], contract)], 'json');
    expect(judge.judge(fromJson('{"other":1,"items":[{"sku":"a"}]}'))).toMatchObject({ ok: true });
    expect(judge.judge(fromJson('{"items":[{"sku":"a"},{"sku":"b","size":1}]}'))).toMatchObject({
      ok: false,
      message: 'items[1].size is 1; expected no field beyond the declared columns.',
    });
  });
});

describe('a contract about missing columns', () => {
  it.each<[Contract['missingColumns'], record: string, fate: unknown]>([
    ['report', WITHOUT_AMOUNT, [1n, null, 'web']],
    ['evolve', WITHOUT_AMOUNT, [1n, null, 'web']],
    ['freeze', WITHOUT_AMOUNT, [1n, null, 'web']],
    [
      'drop_value',
      WITHOUT_AMOUNT,
      [
        [1n, null, 'web'],
        ['missing_column', 'amount', undefined],
      ],
    ],
    ['reject_row', WITHOUT_AMOUNT, 'missing_field'],
    ['reject_row', NULL_AMOUNT, [1n, null, null]],
    ['drop_value', '{"amount":5}', 'missing_field'],
  ])('%s makes of %s', (missingColumns, record, expected) => {
    expect(fate({ missingColumns }, record)).toEqual(expected);
  });
});

describe('a contract about changed types', () => {
  it.each<[Contract['changedTypes'], record: string, fate: unknown]>([
    ['reject_row', TEXT_AMOUNT, 'type_mismatch'],
    ['evolve', TEXT_AMOUNT, 'type_mismatch'],
    ['freeze', TEXT_AMOUNT, ['breach', ['changed_type', 'amount']]],
    [
      'drop_value',
      TEXT_AMOUNT,
      [
        [1n, null, 'web'],
        ['changed_type', 'amount', 'five'],
      ],
    ],
    [
      'drop_value',
      TEXT_CHANNEL,
      [
        [1n, 5n, null],
        ['changed_type', 'channel.name', 'web'],
      ],
    ],
    ['drop_value', TEXT_ID, 'type_mismatch'],
    ['freeze', '{"amount":5}', 'missing_field'],
  ])('%s makes of %s', (changedTypes, record, expected) => {
    expect(fate({ changedTypes }, record)).toEqual(expected);
  });
});

describe('drift in sampled rows', () => {
  function look(
    records: readonly string[],
    contract: Partial<Contract> = {},
    headers: string[][] = [],
  ): FoundDrift[] {
    const rows = records
      .map(fromJson)
      .map((value) => ({ record: value, key: undefined, element: value, index: 0 }));
    const declared = orders(contract);
    const typeFor = (_: string, values: readonly SourceValue[]) => ({
      type: { kind: fittingKind(values, 'json') },
      format: null,
    });
    return findDrift({ table: declared, tables: [declared], rows, headers, dialect: 'json', typeFor });
  }

  it('is none where all is as declared', () => {
    expect(look(['{"id":1,"amount":5,"channel":{"name":"web"}}', NULL_AMOUNT])).toEqual([]);
  });

  it('says of each difference where it is, what was found and in how many rows', () => {
    const found = look(['{"id":1,"amount":1.5,"a":{"b":1}}', '{"id":2,"amount":2}', '{"id":3,"a":{"b":2}}']);
    expect(found.map(({ drift }) => drift)).toMatchObject([
      {
        kind: 'changed_type',
        column: 'amount',
        declared: 'integer',
        found: 'double',
        rows: 1,
        example: '1.5',
      },
      { kind: 'missing_column', column: 'channel', path: 'channel.name', declared: 'text', rows: 3 },
      { kind: 'new_column', column: 'a', path: 'a', declared: null, found: 'json', rows: 2, sampledRows: 3 },
    ]);
  });

  it('is not what single records do: those are mistakes', () => {
    const good = Array.from({ length: 99 }, (_, id) => `{"id":${id},"amount":1,"channel":{"name":"web"}}`);
    expect(look([...good, TEXT_AMOUNT])).toEqual([]);
  });

  it('is told from headers where files have them, though no row has a value', () => {
    const found = look([], {}, [
      ['id', 'amount', 'channel', 'coupon'],
      ['id', 'channel'],
    ]);
    expect(found.map(({ drift: { kind, column: name, rows } }) => [kind, name, rows])).toEqual([
      ['missing_column', 'amount', 0],
      ['new_column', 'coupon', 0],
    ]);
  });

  it('names the most frequent new fields where there are very many, and counts the others', () => {
    const fields = Array.from({ length: 150 }, (_, n) => `"f${n}":1`).join();
    const all = `{"id":1,"amount":5,"channel":{"name":"web"},${fields}}`;
    const found = look([all, WITH_COUPON, WITH_COUPON], { newColumns: 'evolve' });
    expect(found).toHaveLength(101);
    expect(found[0]?.drift).toMatchObject({ column: 'coupon', rows: 2 });
    expect(found.at(-1)).toMatchObject({ drift: { column: '51 further fields', path: '…' }, column: null });
    expect(evolveTable(orders({ newColumns: 'evolve' }), found).columns).toHaveLength(103);
  });

  it('gives a table that evolves its new columns and types, and no other table', () => {
    const records = ['{"id":1,"amount":1.5,"channel":{"name":"web","campaign":"x"},"id_2":true}'];
    const contract = { newColumns: 'evolve', changedTypes: 'evolve' } as const;
    const evolved = evolveTable(orders(contract), look(records, contract));
    expect(evolved.columns.map(({ name, type, path }) => [name, type.kind, path.steps])).toEqual([
      ['id', 'integer', ['id']],
      ['amount', 'double', ['amount']],
      ['channel', 'text', ['channel', 'name']],
      ['channel_campaign', 'text', ['channel', 'campaign']],
      ['id_2', 'boolean', ['id_2']],
    ]);
    expect(evolveTable(orders({}), look(records))).toEqual(orders({}));
  });
});
