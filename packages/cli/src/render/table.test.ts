import { expect, test } from 'vitest';

import { createStyle } from './style.ts';
import { fitWidths, renderTable } from './table.ts';

const style = createStyle(false);

test('columns are as wide as their widest cell, numbers stand right', () => {
  const lines = renderTable(
    [{ header: 'table' }, { header: 'rows', align: 'right' }],
    [
      ['orders', '60,000'],
      ['東京', '7'],
    ],
    { width: 80, style },
  );
  expect(lines).toEqual(['table     rows', 'orders  60,000', '東京         7']);
});

test('a table wider than the terminal cuts its widest column and nothing else', () => {
  const lines = renderTable([{ header: 'id' }, { header: 'message' }], [['1', 'a rather long message']], {
    width: 16,
    style,
  });
  expect(lines).toEqual(['id  message', '1   a rather lo…']);
});

test('ids stay whole, and columns that can be spared are left out before anything is cut', () => {
  const columns = [
    { header: 'run', squeeze: 'whole' as const },
    { header: 'at', squeeze: 'spare' as const },
    { header: 'status' },
  ];
  const rows = [['20261122T060000-1a2b3c4d', '2026-11-22', 'failed: reject_limit']];
  const render = (width: number) => renderTable(columns, rows, { width, style })[1];
  expect(render(60)).toBe('20261122T060000-1a2b3c4d  2026-11-22  failed: reject_limit');
  expect(render(50)).toBe('20261122T060000-1a2b3c4d  failed: reject_limit');
  expect(render(40)).toBe('20261122T060000-1a2b3c4d  failed: rejec…');
});

test('without a limit nothing is cut', () => {
  expect(fitWidths([40, 200], Infinity)).toEqual([40, 200]);
});

test('widths fit when they can, and stay readable when they cannot', () => {
  expect(fitWidths([3, 50, 40], 60)).toEqual([3, 28, 28]);
  expect(fitWidths([30, 30], 4)).toEqual([6, 6]);
});
