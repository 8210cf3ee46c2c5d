import { describe, expect, it } from 'vitest';

import { formatThreshold, judgeCheck, parseThreshold } from './check-threshold.ts';
import type { CheckStatus } from './check.ts';

/**
 * Severity, error_if, warn_if, and what becomes of 0, 1, 10, 11 and 200 bad rows of 200. Written down by hand from
 * dbt's documentation: with severity error, error_if comes first; severity warn never looks at it.
 */
const P: CheckStatus = 'pass';
const W: CheckStatus = 'warn';
const E: CheckStatus = 'error';
const COUNTS = [0, 1, 10, 11, 200] as const;
const TRUTH = [
  ['error', '!= 0', '!= 0', [P, E, E, E, E]],
  ['warn', '!= 0', '!= 0', [P, W, W, W, W]],
  ['error', '> 10', '!= 0', [P, W, W, E, E]],
  ['warn', '> 10', '!= 0', [P, W, W, W, W]],
  ['error', '>= 10', '> 1', [P, P, E, E, E]],
  ['warn', '>= 10', '> 1', [P, P, W, W, W]],
  ['error', '> 10', '> 100', [P, P, P, E, E]],
  ['warn', '> 10', '> 100', [P, P, P, P, W]],
  ['error', '> 5 %', '> 0 %', [P, W, W, E, E]],
  ['warn', '> 5 %', '> 0 %', [P, W, W, W, W]],
  ['error', '>= 5 %', '>= 0.5 %', [P, W, E, E, E]],
  ['warn', '>= 5 %', '>= 0.5 %', [P, W, W, W, W]],
  ['error', '>= 100 %', '> 10', [P, P, P, W, E]],
  ['warn', '>= 100 %', '> 10', [P, P, P, W, W]],
  ['error', '< 1', '!= 0', [E, W, W, W, W]],
  ['warn', '< 1', '= 0', [W, P, P, P, P]],
  ['error', '<= 1', '<= 10', [E, E, W, P, P]],
  ['error', '= 11', '= 10', [P, P, W, E, P]],
] as const;

describe('judgeCheck', () => {
  const cases = TRUTH.flatMap(([severity, errorIf, warnIf, statuses]) =>
    COUNTS.map((badRows, index) => ({ severity, errorIf, warnIf, badRows, status: statuses[index] })),
  );

  it('has at least 60 cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60);
  });

  it.each(cases)(
    'says $status of $badRows bad rows of 200 with severity $severity, error_if "$errorIf", warn_if "$warnIf"',
    ({ severity, errorIf, warnIf, badRows, status }) => {
      const check = { severity, errorIf: parseThreshold(errorIf), warnIf: parseThreshold(warnIf) };
      expect(judgeCheck(check, { badRows, rows: 200 })).toBe(status);
    },
  );

  it('takes no bad row of no rows for none, and some of no rows for more than any share', () => {
    const check = {
      severity: 'error',
      errorIf: parseThreshold('> 100 %'),
      warnIf: parseThreshold('> 0 %'),
    } as const;
    expect(judgeCheck(check, { badRows: 0, rows: 0 })).toBe('pass');
    expect(judgeCheck(check, { badRows: 1, rows: 0 })).toBe('error');
  });
});

describe('parseThreshold', () => {
  it('reads shares without the error of a division', () => {
    expect(parseThreshold('>7%')).toEqual({ operator: '>', value: 0.07, unit: 'ratio' });
    expect(parseThreshold('<= 0.1 %')).toEqual({ operator: '<=', value: 0.001, unit: 'ratio' });
  });

  it.each(['10', '> 1.5', '>', '=> 3', '> -1', '> 10 rows', '> 1 % of rows', ''])('refuses %j', (written) => {
    expect(() => parseThreshold(written)).toThrow('is no threshold of bad rows');
  });

  it('formats what it reads', () => {
    for (const written of ['> 10', '!= 0', '>= 1.5 %', '= 7 %'])
      expect(formatThreshold(parseThreshold(written))).toBe(written);
  });
});
