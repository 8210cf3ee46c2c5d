/** Texts of the compared columns; null is null. */
export type ComparedRow = readonly (string | null)[];

/** A row that was expected and is not there, one that is there and was not expected, or both: then they are much alike. */
export interface RowDifference {
  readonly expected: ComparedRow | null;
  readonly found: ComparedRow | null;
  /** Indexes of the columns in which two rows that are much alike differ; empty for a row that stands alone. */
  readonly columns: readonly number[];
}

/**
 * What differs between the rows a test expects and those that were found. Without `ordered`, only which rows there are and
 * how many of each is compared; a row that is left over stands beside the one most like it.
 */
export function compareRows(
  expected: readonly ComparedRow[],
  found: readonly ComparedRow[],
  ordered: boolean,
): RowDifference[] {
  return ordered ? compareInOrder(expected, found) : compareAsBags(expected, found);
}

function compareInOrder(expected: readonly ComparedRow[], found: readonly ComparedRow[]): RowDifference[] {
  const differences: RowDifference[] = [];
  for (let index = 0; index < Math.max(expected.length, found.length); index += 1) {
    const difference = differenceOf(expected[index] ?? null, found[index] ?? null);
    if (difference !== null) differences.push(difference);
  }
  return differences;
}

function differenceOf(expected: ComparedRow | null, found: ComparedRow | null): RowDifference | null {
  if (expected === null || found === null) return { expected, found, columns: [] };
  const columns = expected.flatMap((cell, index) => (cell === found[index] ? [] : [index]));
  return columns.length === 0 ? null : { expected, found, columns };
}

function compareAsBags(expected: readonly ComparedRow[], found: readonly ComparedRow[]): RowDifference[] {
  const left = [...found];
  const missing = expected.filter((row) => {
    const at = left.findIndex((other) => differenceOf(row, other) === null);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const differences = missing.map((row) => {
    const at = nearestRow(row, left);
    const [near = null] = at === null ? [] : left.splice(at, 1);
    return differenceOf(row, near);
  });
  const unexpected = left.map((row) => differenceOf(null, row));
  return [...differences, ...unexpected].filter((difference) => difference !== null);
}

/** The index of the row that has most cells in common, if that is any at all. */
function nearestRow(row: ComparedRow, others: readonly ComparedRow[]): number | null {
  let best = { at: null as number | null, same: 0 };
  for (const [at, other] of others.entries()) {
    const same = row.filter((cell, index) => cell === other[index]).length;
    if (same > best.same) best = { at, same };
  }
  return best.at;
}
