import { openEngine } from '@millrace/shared/adapters/duckdb';
import { parseModel } from '@millrace/shared/adapters/model-parse';
import type { CheckResult, PlannedCheck } from '@millrace/shared/core/check';
import { judgeCheck } from '@millrace/shared/core/check-threshold';
import { fail } from '@millrace/shared/core/errors';
import type { TableRows } from '@millrace/shared/core/manifest';

import type { CheckOrder, CheckOutcome } from './contracts/model-order.ts';
import { describeFinding, type Finding } from './core/check-finding.ts';
import { findBadRows } from './find-bad-rows.ts';
import { keepBadRows } from './keep-bad-rows.ts';
import { showTable } from './model-tables.ts';

/**
 * Evaluates the checks of one table over exactly the files of its order, and measures it. While it does, the engine
 * can reach those files and the new ones, and nothing else. A check that cannot be evaluated has failed; what goes
 * wrong around it (memory, files) is an error of the task.
 */
export async function checkTable(order: CheckOrder): Promise<CheckOutcome> {
  const table = order.tables.find(({ name }) => name === order.table);
  if (table === undefined) {
    throw fail('internal', {
      message: `The table '${order.table}' that is to be checked is not in its order.`,
    });
  }
  const engine = await openEngine(order.engine);
  try {
    const reads: TableRows[] = [];
    for (const shown of order.tables) {
      reads.push({ table: shown.name, rows: await showTable(engine, order.run, shown) });
    }
    const files = order.tables.flatMap(({ paths }) => paths);
    await engine.confineTo([...files, ...order.targets.map(({ path }) => path)]);
    for (const check of order.checks) {
      // Looked at when it was planned too, but this is the process that would do what a forged plan says.
      if (check.rule.kind === 'sql')
        await parseModel(engine, { noun: 'Check', name: check.id, ...check.rule });
    }
    const { profile, findings } = await findBadRows(engine, { ...order, table });
    const kept: (number | null)[] = [];
    for (const [index, check] of order.checks.entries()) {
      const badRows = findings[index]?.badRows ?? 0;
      kept.push(
        badRows === 0 ? null : await keepBadRows(engine, { ...order, table }, { check, index, badRows }),
      );
    }
    const results = order.checks.map((check, index) => resultOf(check, findings[index], profile.rows));
    return { checked: { table: order.table, results, profile }, kept, reads };
  } finally {
    await engine.close();
  }
}

function resultOf(check: PlannedCheck, finding: Finding | undefined, rows: number): CheckResult {
  if (finding === undefined) throw fail('internal', { message: `Check '${check.id}' was not evaluated.` });
  const { id, table, rule, severity } = check;
  const badRows = finding.verdict === 'bad' ? finding.badRows : 0;
  return {
    check: id,
    table,
    kind: rule.kind,
    severity,
    status:
      finding.verdict === 'unknown'
        ? 'error'
        : finding.verdict === 'no_baseline'
          ? 'no_baseline'
          : judgeCheck(check, { badRows, rows }),
    badRows,
    rows,
    message: describeFinding(check, finding, rows),
    failures: null,
  };
}
