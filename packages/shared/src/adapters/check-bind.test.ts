import { expect, test } from 'vitest';

import { ANY_BAD_ROW } from '../core/check-threshold.ts';
import type { CheckRule } from '../core/check.ts';
import { bindChecks } from './check-bind.ts';

const TABLES = [
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'BIGINT' },
      { name: 'currency', type: 'VARCHAR' },
      { name: 'created_at', type: 'TIMESTAMP' },
    ],
  },
  { name: 'daily', columns: [{ name: 'day', type: 'DATE' }] },
];

function bind(rule: CheckRule, table: string | null = 'orders', isOptional = false) {
  const check = { id: 'c', table, rule, severity: 'error' as const, where: 'pipeline.yml:7' };
  return bindChecks([{ ...check, isOptional, errorIf: ANY_BAD_ROW, warnIf: ANY_BAD_ROW }], TABLES);
}
const sql = (text: string) => ({ kind: 'sql', file: 'checks/c.sql', sql: text }) as const;

test('a file belongs to the last table that it reads, and is kept without its semicolon', async () => {
  const [bound] = await bind(sql('SELECT * FROM Daily JOIN orders ON true;\n'), null);
  expect(bound).toMatchObject({ table: 'daily', rule: { sql: 'SELECT * FROM Daily JOIN orders ON true' } });
  expect(bound?.reads.toSorted()).toEqual(['daily', 'orders']);
  expect(bound).not.toHaveProperty('where');
});

test('of a distribution, a column has what there is for its type', async () => {
  const anomaly = { kind: 'anomaly', threshold: 3, direction: 'both', floor: 0.1, floorIn: 'share' } as const;
  const partsOf = async (column: string) => {
    const parts: string[] = [];
    for (const measure of ['mean', 'min', 'max', 'distinct', 'freshness'] as const) {
      const bound = await bind({ ...anomaly, measure, column, failOnZero: false }, 'orders', true);
      if (bound.length > 0) parts.push(measure);
    }
    return parts;
  };
  expect(await partsOf('id')).toEqual(['mean', 'min', 'max', 'distinct']);
  expect(await partsOf('currency')).toEqual(['distinct']);
  expect(await partsOf('created_at')).toEqual(['distinct', 'freshness']);
  await expect(partsOf('curency')).rejects.toThrow(/Did you mean 'currency'/);
});

test.each<[CheckRule, RegExp]>([
  [
    { kind: 'not_null', column: 'curency' },
    /Table 'orders' has no column 'curency'. Did you mean 'currency'/,
  ],
  [
    { kind: 'matches', column: 'id', pattern: 'x' },
    /matches is for columns of text; 'id' of 'orders' is BIGINT/,
  ],
  [{ kind: 'matches', column: 'currency', pattern: '[' }, /cannot be evaluated: .*missing \]/],
  [{ kind: 'freshness', column: 'id', maxAgeMs: 1 }, /freshness is for columns of dates or timestamps/],
  [{ kind: 'accepted_values', column: 'id', values: ['a'] }, /"a" is no value of a column of type BIGINT/],
  [{ kind: 'accepted_values', column: 'id', values: [2 ** 60] }, /more digits than a number in YAML keeps/],
  [
    { kind: 'range', column: 'created_at', min: '2026-13-01', max: null },
    /cannot be evaluated: Conversion Error/,
  ],
  [{ kind: 'relationships', column: 'id', to: 'daily', field: 'day' }, /their values are never the same/],
  [
    { kind: 'sum_equals', column: 'currency', to: 'orders', field: 'id', tolerance: 0 },
    /for columns of numbers/,
  ],
])('a check that could never be evaluated is refused: $0', async (rule, message) => {
  await expect(bind(rule)).rejects.toMatchObject({
    code: 'pipeline_invalid',
    where: 'pipeline.yml:7',
    message: expect.stringMatching(message) as string,
  });
});

test.each([
  ['SELECT * FROM order', /Check 'c' cannot be read/],
  ['SELECT * FROM orderss', /Check 'c' reads 'orderss', which is neither.*Did you mean 'orders'/s],
  ['SELECT curency FROM orders', /Check 'c' does not fit its tables/],
  ['DELETE FROM orders', /Check 'c' is DELETE, not a SELECT/],
  ["SELECT * FROM read_csv('/etc/passwd')", /calls the table function 'read_csv'/],
])('a file that is no SELECT of its tables is refused: %s', async (text, message) => {
  await expect(bind(sql(text))).rejects.toMatchObject({
    code: 'model_invalid',
    message: expect.stringMatching(message) as string,
  });
});
