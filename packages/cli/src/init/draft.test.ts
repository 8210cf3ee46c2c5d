import { expect, test } from 'vitest';

import { createNames, makeName } from './draft.ts';

test.each([
  ['ChinookData', 'chinook_data'],
  ['rapcaviar_raw', 'rapcaviar_raw'],
  ['orders-*', 'orders'],
  ['2024 sales (final)', 't_2024_sales_final'],
  ['Übersicht', 'ubersicht'],
  ['東京', 'data'],
])('%s becomes the name %s', (text, name) => {
  expect(makeName(text)).toBe(name);
});

test('a name is given out once, whatever its case', () => {
  const unique = createNames();
  expect([unique('orders'), unique('Orders'), unique('orders')]).toEqual(['orders', 'Orders_2', 'orders_3']);
});
