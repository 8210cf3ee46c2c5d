import { formatColumnType } from '@millrace/shared/core/column-type';
import { describe, expect, test } from 'vitest';

import type { SourceValue } from '../source-value.ts';
import { columnsFromSqlite } from './columns-from-sqlite.ts';

function typeOf(declaredType: string | null, values: readonly SourceValue[]): string {
  const [column] = columnsFromSqlite([
    { columns: [{ name: 'v', declaredType }], samples: values.map((v) => ({ v })) },
  ]);
  return formatColumnType(column?.type ?? { kind: 'json' });
}

describe('a declared type', () => {
  test.each<[string, SourceValue[], string]>([
    ['INTEGER', [1n], 'integer'],
    ['INTEGER', ['not a number'], 'integer'],
    ['UNSIGNED BIG INT', [], 'integer'],
    ['int8', [], 'integer'],
    ['REAL', [1n], 'double'],
    ['FLOATING POINT', [1.5], 'double'],
    ['DOUBLE PRECISION', [], 'double'],
    ['NVARCHAR(70)', ['1'], 'text'],
    ['CLOB', [], 'text'],
    ['NUMERIC(10,2)', [0.99, 1n], 'decimal(10,2)'],
    ['DECIMAL(5)', [1n], 'decimal(5,0)'],
    ['NUMERIC', [1n, 2.5], 'decimal(18,2)'],
    ['NUMERIC', [1n, 0.0625], 'decimal(18,4)'],
    ['NUMERIC', [1e-9], 'double'],
    ['NUMERIC', [], 'double'],
    ['BOOLEAN', [0n, 1n, null], 'boolean'],
    ['DATE', ['2026-11-22'], 'date'],
    ['DATETIME', ['2021-01-01 00:00:00'], 'timestamp'],
    ['DATETIME', [], 'timestamp'],
  ])('%s holding %o', (declared, values, type) => {
    expect(typeOf(declared, values)).toBe(type);
  });

  test.each<[string, SourceValue[], string]>([
    ['NUMERIC(10,2)', [0.999], 'double'],
    ['NUMERIC(10,2)', ['n/a', 1n], 'text'],
    ['BOOLEAN', ['Y', 'N'], 'text'],
    ['BOOLEAN', [0n, 2n], 'integer'],
    ['DATE', ['2021-01-01 10:00:00'], 'timestamp'],
    ['DATETIME', [1_700_000_000n], 'integer'],
    ['TIMESTAMP', ['yesterday'], 'text'],
  ])('%s that %o does not bear out', (declared, values, type) => {
    expect(typeOf(declared, values)).toBe(type);
  });
});

describe('without a declared type', () => {
  test.each<[SourceValue[], string]>([
    [[1n, 2n], 'integer'],
    [[5, 6], 'double'],
    [[1n, 2.5], 'double'],
    [[1n, 'x'], 'text'],
    [['2026-11-22'], 'date'],
    [['2026-11-22 10:00:00', '2026-11-22'], 'timestamp'],
    [['x'], 'text'],
    [[null], 'text'],
  ])('%o', (values, type) => {
    expect(typeOf(null, values)).toBe(type);
  });
});

test('bytes are no column', () => {
  expect(() => typeOf('BLOB', [])).toThrowError(expect.objectContaining({ code: 'schema_mismatch' }));
  expect(() => typeOf(null, [new Uint8Array(2)])).toThrowError(
    expect.objectContaining({ code: 'schema_mismatch' }),
  );
});

test('the columns of all files are columns, each with the values of all files', () => {
  const columns = columnsFromSqlite([
    { columns: [{ name: 'a', declaredType: null }], samples: [{ a: 1n }] },
    {
      columns: [
        { name: 'a', declaredType: null },
        { name: 'A', declaredType: 'TEXT' },
        { name: 'b', declaredType: 'REAL' },
      ],
      samples: [{ a: 2.5, A: 'x', b: 1 }],
    },
  ]);
  expect(columns.map(({ name, path, type }) => [name, path.steps[0], type.kind])).toEqual([
    ['a', 'a', 'double'],
    ['A_2', 'A', 'text'],
    ['b', 'b', 'double'],
  ]);
});
