import { expect, test } from 'vitest';

import { parseModelTests } from './model-test-file.ts';

const parse = (text: string) => parseModelTests(text, 'tests/orders.yml').tests;

test('a test has its rows as they were written, and knows where they stand', () => {
  const [first] = parse(`model: orders
tests:
  1:
    given:
      raw:
        - &row { id: 9007199254740993, total: 10.00, text: '10.00', none: null, list: [1, 2], flag: true }
        - *row
    ordered: true
    expect:
      - id: 1
`);
  expect(first).toMatchObject({ name: '1', model: 'orders', where: 'tests/orders.yml:3', ordered: true });
  const [raw] = first?.given ?? [];
  expect(raw).toMatchObject({ name: 'raw', where: 'tests/orders.yml:5' });
  expect(raw?.rows.map(({ cells }) => [...cells].map(([name, { text }]) => [name, text]))).toEqual(
    Array(2).fill([
      ['id', '9007199254740993'],
      ['total', '10.00'],
      ['text', '10.00'],
      ['none', null],
      ['list', '[1,2]'],
      ['flag', 'true'],
    ]),
  );
  expect(first?.expected.rows[0]?.cells.get('id')).toEqual({ text: '1', where: 'tests/orders.yml:10' });
});

test.each([
  ['model: orders\ntests: {}', 'tests/orders.yml:2', 'has no test'],
  [
    'model: orders\ntests:\n  a:\n    givne: {}\n    expect: []',
    'tests/orders.yml:4',
    "Did you mean 'given'?",
  ],
  [
    'model: orders\ntests:\n  a:\n    given: { raw: }\n    expect: []',
    'tests/orders.yml:4',
    'expected array',
  ],
  ['model: orders\ntests:\n  a:\n    given: {}', 'tests/orders.yml:3', 'expect'],
])('what is no test is an error with its line: %j', (text, where, message) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({
      code: 'pipeline_invalid',
      where,
      message: expect.stringContaining(message) as string,
    }),
  );
});
