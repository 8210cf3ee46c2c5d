import { describe, expect, it } from 'vitest';

import { compilePipeline } from './compile-pipeline.ts';

const BASE = `name: shop
sources:
  shop:
    type: json
    path: data/*.json
    tables:
      orders: { columns: { id: { type: integer }, total: { type: 'decimal(18,2)' } } }
      customers: { columns: { id: { type: integer } } }
models: { daily: { load: append } }
destination: { type: sqlite, path: out.db }
checks:
`;

function compile(checks: string, files: Readonly<Record<string, string>> = {}) {
  return compilePipeline({
    v: 1,
    pipeline: 'shop',
    baseDir: '/shop',
    files: { 'pipeline.yml': BASE + checks, 'models/daily.sql': 'SELECT * FROM orders', ...files },
  }).checks;
}

/** Message, place and hint. */
function fault(checks: string): string {
  try {
    compile(checks);
  } catch (error) {
    const { message, where, hint } = error as { message: string; where: string; hint?: string };
    return `${where} ${message} ${hint ?? ''}`;
  }
  throw new Error('compiled, though it should not');
}

describe('checks of a pipeline', () => {
  it('have ids that say what they are about', () => {
    const checks = compile(`  orders:
    - not_null: [id, total]
    - unique: [id, total]
    - relationships: { column: id, to: customers }
    - row_count: { change: 12.5 % }
    - freshness: { column: id, max_age: 2 days }
    - anomaly: volume
    - anomaly: { measure: mean, column: total }
    - range: { column: total, min: 0 }
      name: not_negative
      severity: warn
      error_if: '> 5'
      warn_if: '>= 1 %'
`);
    expect(checks.map(({ id }) => id)).toEqual([
      'orders.not_null.id',
      'orders.not_null.total',
      'orders.unique.id+total',
      'orders.relationships.id',
      'orders.row_count',
      'orders.freshness.id',
      'orders.anomaly.volume',
      'orders.anomaly.mean.total',
      'orders.not_negative',
    ]);
    expect(checks[3]?.rule).toEqual({ kind: 'relationships', column: 'id', to: 'customers', field: 'id' });
    expect(checks[4]?.rule).toEqual({ kind: 'row_count', min: null, max: null, change: 0.125 });
    expect(checks[5]?.rule).toMatchObject({ maxAgeMs: 172_800_000 });
    expect(checks[8]).toMatchObject({
      severity: 'warn',
      errorIf: { operator: '>', value: 5, unit: 'rows' },
      warnIf: { operator: '>=', value: 0.01, unit: 'ratio' },
      where: 'pipeline.yml:20',
    });
  });

  it('are one for each measure of a distribution', () => {
    const checks = compile(`  orders:
    - anomaly: { measure: distribution, column: total, of: [mean, distinct], floor: 0.2 }
    - anomaly: { measure: distribution, column: id }
      name: ids
    - anomaly: { measure: 'max', column: total, floor: 5 % }
    - anomaly: { measure: mean, column: total, floor: 5 }
`);
    expect(checks.map(({ id, isOptional }) => [id, isOptional])).toEqual([
      ['orders.anomaly.distribution.total.mean', false],
      ['orders.anomaly.distribution.total.distinct', false],
      ['orders.ids.mean', true],
      ['orders.ids.min', true],
      ['orders.ids.max', true],
      ['orders.ids.distinct', true],
      ['orders.ids.freshness', true],
      ['orders.anomaly.max.total', false],
      ['orders.anomaly.mean.total', false],
    ]);
    const floors = checks.map(({ rule }) => (rule.kind === 'anomaly' ? [rule.floor, rule.floorIn] : []));
    expect([floors[0], floors[2], floors[7], floors[8]]).toEqual([
      [0.2, 'share'],
      [0.1, 'share'],
      [0.05, 'share'],
      [5, 'measure'],
    ]);
  });

  it('are the files of checks/ too, each once', () => {
    const files = { 'checks/a.sql': 'SELECT 1', 'checks/b.sql': 'SELECT 2' };
    const checks = compile('  orders: [{ sql: checks/b.sql, severity: warn }]\n', files);
    expect(checks.map(({ id, table, severity }) => [id, table, severity])).toEqual([
      ['orders.sql.b', 'orders', 'warn'],
      ['checks.a', null, 'error'],
    ]);
  });

  it.each([
    [
      '  order: [{ unique: id }]',
      /yml:12 'order' is neither a staged table nor a model. Did you mean 'orders'/,
    ],
    ['  orders: [{ uniqe: id }]', /Unknown key 'uniqe' in checks.orders.0. Did you mean 'unique'/],
    ['  orders:\n    - severity: warn', /yml:13 A check of 'orders' has no rule/],
    ['  orders: [{ unique: id, not_null: id }]', /two rules, not_null and unique/],
    ['  orders: [{ unique: id }, { unique: id }]', /Two checks have the id 'orders.unique.id'.*`name:`/],
    ['  orders: [{ relationships: { column: id, to: customer } }]', /'customer' is neither.*'customers'/],
    ['  orders: [{ range: { column: id } }]', /A range needs min, max or both/],
    ['  orders: [{ row_count: { min: 5, max: 4 } }]', /is impossible/],
    ['  orders: [{ row_count: { change: half } }]', /'half' is no share/],
    ['  orders: [{ freshness: { column: id, max_age: soon } }]', /'soon' is no duration/],
    ['  orders: [{ unique: id, error_if: many }]', /'many' is no threshold of bad rows/],
    [
      "  orders: [{ row_count: { min: 1 }, error_if: '> 3' }]",
      /'error_if' counts bad rows, and row_count has none/,
    ],
    ['  orders: [{ anomaly: { measure: mean } }]', /mean needs a column/],
    ['  orders: [{ anomaly: { measure: mean, column: id, of: [min] } }]', /Only a distribution has `of`/],
    ['  orders: [{ anomaly: { measure: distribution } }]', /distribution needs a column/],
    ['  orders: [{ sql: checks/x.sql }]', /There is no file 'checks\/x.sql'/],
  ])('are refused where they mean nothing: %s', (checks, message) => {
    expect(fault(`${checks}\n`)).toMatch(message);
  });
});
