import { fail, type MillraceError } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import type { Source } from '@millrace/shared/core/pipeline';
import type { PlannedInput } from '@millrace/shared/core/plan';

const SHOWN_NAMES = 20;

/**
 * Throws `schema_mismatch` for a declared column that no file has, and for a file that has none of a table's declared
 * columns: a name was misspelt, or the delimiter is another one, and all its rows would be null. A column that some
 * files lack is null there, because exports gain columns over the years.
 */
export function requireHeader(source: Source, inputs: readonly PlannedInput[]): void {
  const files = inputs.flatMap(({ layout, path }) =>
    layout.kind === 'csv' ? [{ path, header: layout.header, known: new Set(layout.header) }] : [],
  );
  const [first] = files;
  if (first === undefined) return;
  for (const table of source.tables) {
    // Whoever says what is to become of a missing column knows that one may be missing.
    if ((table.contract?.missingColumns ?? 'report') !== 'report') continue;
    const wanted = (table.columns ?? []).map(({ path }) => String(path.steps[0]));
    const lost = wanted.find((field) => !files.some(({ known }) => known.has(field)));
    if (lost !== undefined) {
      const missing = `no file of source '${source.name}' has a column '${lost}'`;
      throw notInHeader(`Table '${table.name}': ${missing}.${didYouMean(lost, first.header)}`, first);
    }
    const other = files.find(({ known }) => wanted.length > 0 && !wanted.some((field) => known.has(field)));
    if (other !== undefined) {
      throw notInHeader(`Table '${table.name}': the file has none of its ${wanted.length} columns.`, other);
    }
  }
}

interface FileHeader {
  readonly path: string;
  readonly header: readonly string[];
}

function notInHeader(message: string, { path, header }: FileHeader): MillraceError {
  const shown = header.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(name));
  const more = header.length > SHOWN_NAMES ? `, and ${header.length - SHOWN_NAMES} more` : '';
  return fail('schema_mismatch', {
    message,
    where: path,
    hint: `Its header: ${shown.join(', ')}${more}. Compare names, \`delimiter\` and \`header\` of the source.`,
  });
}
