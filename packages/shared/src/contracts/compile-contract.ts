import { DEFAULT_CONTRACT, type Contract } from '../core/contract.ts';
import { parseValuePath } from '../core/value-path.ts';
import { invalid, located, type Locate, type Path } from './locate.ts';
import type { TableFile } from './pipeline-file.ts';

/** Of a table; undefined where it has none. Throws `pipeline_invalid` with file and line. */
export function compileContract(
  { contract: written, columns }: Pick<TableFile, 'contract' | 'columns'>,
  path: Path,
  locate: Locate,
): Contract | undefined {
  if (written === undefined) return undefined;
  const place = [...path, 'contract'];
  if (columns === undefined) {
    throw invalid(locate, place, {
      message:
        'A contract is about declared columns, and this table declares none: it has those of its data.',
      hint: 'Declare them under `columns:`, or leave the contract out.',
    });
  }
  if (typeof written === 'string')
    return { newColumns: written, missingColumns: written, changedTypes: written, ignored: [] };
  return {
    newColumns: written.new_columns ?? DEFAULT_CONTRACT.newColumns,
    missingColumns: written.missing_columns ?? DEFAULT_CONTRACT.missingColumns,
    changedTypes: written.changed_types ?? DEFAULT_CONTRACT.changedTypes,
    ignored: (written.ignored ?? []).map((text, index) =>
      ignoredField(text, [...place, 'ignored', index], locate),
    ),
  };
}

function ignoredField(text: string, path: Path, locate: Locate): readonly (string | number)[] {
  const { from, steps } = located(locate, path, () => parseValuePath(text));
  if (from === 'record') return steps;
  throw invalid(locate, path, {
    message: `'${text}' is no field of a row.`,
    hint: 'Name fields as `from:` does: a, a.b or ["odd.key"].',
  });
}
