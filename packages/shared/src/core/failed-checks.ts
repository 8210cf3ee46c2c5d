import type { CheckResult } from './check.ts';
import { fail, type MillraceError } from './errors.ts';
import type { Manifest } from './manifest.ts';

/** Checks told in an error at most; `millrace checks` shows the others. */
export const TOLD_CHECKS = 5;

/** Results that stop a run. */
export function failedChecks(manifests: Iterable<Manifest>): CheckResult[] {
  return [...manifests].flatMap(({ checked }) =>
    (checked?.results ?? []).filter(({ status }) => status === 'error'),
  );
}

/**
 * The error that ends a run of which checks failed.
 * @param failed at least one
 * @param examples of bad rows, as JSON, by the id of their check
 */
export function checkFailedError(
  run: string,
  failed: readonly CheckResult[],
  examples: ReadonlyMap<string, readonly string[]>,
): MillraceError {
  const told = failed
    .slice(0, TOLD_CHECKS)
    .flatMap(({ check, message }) => [
      `  ${check}: ${message}`,
      ...(examples.get(check) ?? []).map((row) => `    ${row}`),
    ]);
  const more = failed.length - TOLD_CHECKS;
  const title = failed.length === 1 ? 'A check failed' : `${failed.length} checks failed`;
  const tables = [...new Set(failed.map(({ table }) => table))];
  return fail('check_failed', {
    message: [
      `${title}, so nothing was published:`,
      ...told,
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join('\n'),
    where: `${tables.length === 1 ? 'table' : 'tables'} ${tables.join(', ')}`,
    hint: `\`millrace checks ${run}\` shows the bad rows. Mend the data or the check, then run again.`,
  });
}
