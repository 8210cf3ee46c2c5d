import type { DriftCount } from '@millrace/shared/core/drift';
import type { StagedTable } from '@millrace/shared/core/plan';
import type { TypedCell } from '@millrace/shared/core/typed-cell';

import type { ExpectedRecord } from './drawn-records.ts';

/** What one lane made of one file, in a form that is compared as a whole. */
export interface Reading {
  /** Rows of each table in the order of the file, each cell as text that tells all values apart. */
  readonly rows: Readonly<Record<string, readonly string[]>>;
  readonly rejects: readonly ReadReject[];
  /** What contracts left out. */
  readonly drift: readonly DriftCount[];
  readonly counts: {
    readonly seen: number;
    readonly accepted: number;
    readonly rejected: number;
    readonly blank: number;
  };
}

export interface ReadReject {
  readonly recordNumber: number;
  readonly line: number | null;
  readonly byteOffset: number | null;
  readonly byteLength: number | null;
  readonly reason: string;
  readonly message: string;
  readonly faults: readonly (readonly [table: string, column: string, reason: string])[];
  /** The bytes as text, one character each. */
  readonly raw: string;
}

/** A file that could not be read as a whole: `code`, `message` and `where` of its error. */
export interface Failure {
  readonly failed: string;
}

/** Null is told from the text "null", 1 from "1", -0 from 0. */
export function rowText(cells: readonly TypedCell[]): string {
  return JSON.stringify(cells, (_key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'number') return Object.is(value, -0) ? '-0d' : `${value}d`;
    return typeof value === 'string' ? `'${value}` : value;
  });
}

/** What the model of the test says about a file. */
export function expectedRows(
  tables: readonly StagedTable[],
  records: readonly ExpectedRecord[],
): Reading['rows'] {
  return Object.fromEntries(
    tables.map(({ name }) => [
      name,
      records.flatMap((record) => ('rows' in record ? (record.rows[name] ?? []).map(rowText) : [])),
    ]),
  );
}

/** Number, reason and failing fields of the records that do not fit. */
export function expectedRejects(records: readonly ExpectedRecord[]): string[] {
  return records.flatMap((record, index) => {
    if ('rows' in record) return [];
    const placed = record.faults.filter(([table]) => table !== '');
    return [JSON.stringify([index + 1, record.faults[0]?.[2], placed])];
  });
}

export function rejectText({ recordNumber, reason, faults }: ReadReject): string {
  return JSON.stringify([recordNumber, reason, faults]);
}
