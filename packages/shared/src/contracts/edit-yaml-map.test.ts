import { describe, expect, it } from 'vitest';

import { addEntry, hasEntry, removeEntry, replaceValue } from './edit-yaml-map.ts';

const BLOCK = `# The shop.
tables:
  orders:
    columns:
      id:     { type: text }   # never changes

      # What was paid.
      amount:
        type: 'decimal(18,2)'   # euros
        required: true

  items: {}
`;
const FLOW = `tables: { orders: { columns: { id: { type: text },  amount: {type: integer} } } } # all in one\n`;
const COLUMNS = ['tables', 'orders', 'columns'];

describe('an entry that is added', () => {
  it('stands behind the last one of a map in lines, before what follows', () => {
    const added = addEntry(BLOCK, COLUMNS, { key: 'coupon', value: '{ type: text }' });
    expect(added).toBe(
      BLOCK.replace('        required: true\n', '        required: true\n      coupon: { type: text }\n'),
    );
  });

  it('stands behind the comment of the last line', () => {
    const text = 'columns:\n  a: 1 # one\n# end\n';
    expect(addEntry(text, ['columns'], { key: 'b', value: '2' })).toBe(
      'columns:\n  a: 1 # one\n  b: 2\n# end\n',
    );
  });

  it('stands inside of the braces of a map in one line', () => {
    expect(addEntry(FLOW, COLUMNS, { key: 'coupon', value: '{ type: text }' })).toBe(
      FLOW.replace('{type: integer}', '{type: integer}, coupon: { type: text }'),
    );
  });

  it('fills an empty map, and ends a file without a last line end', () => {
    expect(addEntry('a: {}', ['a'], { key: 'b', value: '1' })).toBe('a: { b: 1 }');
    expect(addEntry('a:\n  b: 1', ['a'], { key: 'c', value: '2' })).toBe('a:\n  b: 1\n  c: 2');
  });
});

describe('an entry that is removed', () => {
  it.each([
    ['id', '      id:     { type: text }   # never changes\n'],
    ['amount', "      amount:\n        type: 'decimal(18,2)'   # euros\n        required: true\n"],
  ])('takes its lines along and no others: %s', (key, lines) => {
    expect(removeEntry(BLOCK, COLUMNS, key)).toBe(BLOCK.replace(lines, ''));
  });

  it.each([
    ['id', ' { type: text },  amount:', ' amount:'],
    ['amount', ',  amount: {type: integer}', ''],
  ])('leaves no comma behind: %s', (key, cut, left) => {
    const expected = key === 'id' ? FLOW.replace(`id:${cut}`, left.trimStart()) : FLOW.replace(cut, left);
    expect(removeEntry(FLOW, COLUMNS, key)).toBe(expected);
  });

  it('is not the only one: a table without columns means something else', () => {
    expect(() => removeEntry('a: { b: 1 }', ['a'], 'b')).toThrow("'b' is all that it has.");
  });
});

it('a value is replaced in its place, with what stands around it', () => {
  expect(replaceValue(BLOCK, [...COLUMNS, 'amount', 'type'], 'double')).toBe(
    BLOCK.replace("'decimal(18,2)'", 'double'),
  );
  expect(hasEntry(BLOCK, [...COLUMNS, 'amount'], 'required')).toBe(true);
  expect(hasEntry(BLOCK, [...COLUMNS, 'amount'], 'format')).toBe(false);
});

it('an alias is for a person to change: the same columns may stand elsewhere', () => {
  const text = 'a: &same { b: 1 }\nc: *same\n';
  expect(() => addEntry(text, ['c'], { key: 'd', value: '1' })).toThrow('It is not written out there.');
});
