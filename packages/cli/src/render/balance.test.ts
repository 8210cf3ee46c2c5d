import { expect, test } from 'vitest';

import type {
  BalanceReport,
  FileReport,
  TableBalanceReport,
} from '@millrace/shared/core/report/balance-report';
import { renderFileBalances, renderVerdict, tableHops } from './balance.ts';
import { createStyle } from './style.ts';

const options = { width: 100, style: createStyle(false) };

function file(name: string, changes: Partial<FileReport> = {}): FileReport {
  const counts = { found: null, seen: 10, accepted: 8, rejected: 2, blank_lines: 1 };
  return { source: 'orders', file: name, ...counts, balances: true, ...changes };
}

function report(changes: Partial<BalanceReport>): BalanceReport {
  const nothing = { imbalances: [], imbalances_total: 0, files: [], files_total: 0, tables: [] };
  return { balances: true, ...nothing, ...changes };
}

test('files have their records and a mark, and a name cannot steer the terminal', () => {
  const files = [
    file('a.json', { found: 11, balances: false }),
    file('\u001b[31mb.json'),
    file('c', { balances: null }),
  ];
  expect(renderFileBalances(report({ files, files_total: 3 }), options)).toEqual([
    'file            found  seen  accepted  rejected  blank  balances',
    'a.json             11    10         8         2      1  NO',
    String.raw`\x1b[31mb.json           10         8         2      1  yes`,
    'c                        10         8         2      1  …',
  ]);
});

test('of many files the first are listed, and the others counted', () => {
  const files = Array.from({ length: 50 }, (_, index) => file(`${index}.json`));
  const lines = renderFileBalances(report({ files, files_total: 100_000 }), options);
  expect(lines).toHaveLength(22);
  expect(lines.at(-1)).toBe('and 99,980 more files');
});

const table: TableBalanceReport = {
  table: 'daily',
  kind: 'model',
  made: 1200,
  stored: 1200,
  reads: [
    { by: 'best', rows: 1200 },
    { by: 'load-1', rows: 1200 },
  ],
  loads: [{ destination: 0, inserted: 1200, rows: 1200 }],
  balances: true,
};

test('a hop is one number where all agree, and all numbers where they do not', () => {
  expect(tableHops(table)).toEqual({ read: '1,200 ×2', loaded: '1,200' });
  const reads = [...table.reads.slice(1), { by: 'load-2', rows: 1199 }];
  expect(tableHops({ ...table, reads, loads: [] })).toEqual({ read: '1,200 / 1,199', loaded: '' });
});

test('the verdict names what does not balance, some of it when it is much', () => {
  expect(renderVerdict(report({}), options)).toEqual(['every record and every row is accounted for']);
  expect(renderVerdict(report({ balances: null }), options)).toEqual([]);
  const imbalances = Array.from({ length: 100 }, (_, index) => `table ${index}: a row is missing`);
  const lines = renderVerdict(report({ balances: false, imbalances, imbalances_total: 300 }), options);
  expect(lines[1]).toBe('  table 0: a row is missing');
  expect(lines.at(-1)).toBe('  and 290 more');
  expect(lines).toHaveLength(12);
});
