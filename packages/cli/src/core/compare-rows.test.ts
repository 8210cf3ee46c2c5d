import { describe, expect, test } from 'vitest';

import { compareRows } from './compare-rows.ts';

const ANN = ['ann', '1', '10.00'];
const BOB = ['bob', '1', '5.50'];

describe('rows in any order', () => {
  test('are the same however they are sorted', () => {
    expect(compareRows([ANN, BOB], [BOB, ANN], false)).toEqual([]);
  });

  test('are counted: twice is not once', () => {
    expect(compareRows([ANN, ANN], [ANN], false)).toEqual([{ expected: ANN, found: null, columns: [] }]);
    expect(compareRows([ANN], [ANN, ANN], false)).toEqual([{ expected: null, found: ANN, columns: [] }]);
  });

  test('that differ stand beside the row most like them', () => {
    const found = ['ann', '1', '9.00'];
    expect(compareRows([ANN, BOB], [['zoe', '8', '1.00'], found, BOB], false)).toEqual([
      { expected: ANN, found, columns: [2] },
      { expected: null, found: ['zoe', '8', '1.00'], columns: [] },
    ]);
  });

  test('do not pair a row with one that has nothing in common', () => {
    expect(compareRows([ANN], [['zoe', '8', '1.00']], false)).toEqual([
      { expected: ANN, found: null, columns: [] },
      { expected: null, found: ['zoe', '8', '1.00'], columns: [] },
    ]);
  });

  test('tell null from a text', () => {
    expect(compareRows([['a', null]], [['a', 'null']], false)).toMatchObject([{ columns: [1] }]);
  });
});

test('rows in order differ where they stand, and where one list is shorter', () => {
  expect(compareRows([ANN, BOB], [BOB], true)).toEqual([
    { expected: ANN, found: BOB, columns: [0, 2] },
    { expected: BOB, found: null, columns: [] },
  ]);
});
