import type { CheckReport } from '@millrace/shared/core/report/check-report';
import { describe, expect, it } from 'vitest';

import { renderChecks } from './checks.ts';
import { createStyle } from './style.ts';

const options = { width: 100, style: createStyle(false), own: 'millrace' };
const passed: CheckReport = {
  check: 'orders.not_null.id',
  table: 'orders',
  kind: 'not_null',
  severity: 'error',
  status: 'pass',
  bad_rows: 0,
  rows: 3,
  message: 'none of 3 rows have no id',
  failures: 0,
};
const render = (checks: readonly CheckReport[], leftOut: readonly string[]) =>
  renderChecks({ run: 'r', pipeline: 'shop', leftOut }, checks, options).join('\n');

describe('renderChecks', () => {
  it.each([{ checks: [passed] }, { checks: [] }])(
    'says of a replay which checks it was not asked: $checks.length',
    ({ checks }) => {
      expect(render(checks, ['orders.row_count', 'checks.late'])).toContain(
        'whole tables: orders.row_count, checks.late.',
      );
      expect(render(checks, [])).not.toContain('replay');
    },
  );
});
