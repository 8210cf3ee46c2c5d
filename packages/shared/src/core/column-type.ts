import { fail } from './errors.ts';

/**
 * The declared types of columns. `integer` is 64-bit signed, `timestamp` is an instant kept in UTC with
 * microseconds, `json` is any value kept as its JSON text.
 */
export type ColumnType =
  | { readonly kind: 'text' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'double' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'date' }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'json' };

export const SIMPLE_TYPES = ['text', 'integer', 'double', 'boolean', 'date', 'timestamp', 'json'] as const;
/** DuckDB's limit of a decimal. */
export const MAX_DECIMAL_PRECISION = 38;

/** Reads `text`, `decimal(18,2)` … Throws `pipeline_invalid` that names what is allowed. */
export function parseColumnType(text: string): ColumnType {
  const simple = SIMPLE_TYPES.find((name) => name === text);
  if (simple !== undefined) return { kind: simple };
  const decimal = /^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$/.exec(text);
  if (decimal !== null) {
    const precision = Number(decimal[1]);
    const scale = Number(decimal[2]);
    if (precision >= 1 && precision <= MAX_DECIMAL_PRECISION && scale <= precision) {
      return { kind: 'decimal', precision, scale };
    }
  }
  throw fail('pipeline_invalid', {
    message: `Unknown column type '${text}'.`,
    hint: `Allowed: ${SIMPLE_TYPES.join(', ')}, decimal(precision,scale) with 1 <= precision <= ${MAX_DECIMAL_PRECISION} and scale <= precision.`,
  });
}

/** The type as it is written in a pipeline file; the inverse of `parseColumnType`. */
export function formatColumnType(type: ColumnType): string {
  return type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind;
}

/** The DuckDB (and thereby Parquet) type of a column. */
export function duckdbType(type: ColumnType): string {
  switch (type.kind) {
    case 'text':
    case 'json':
      return 'VARCHAR';
    case 'integer':
      return 'BIGINT';
    case 'double':
      return 'DOUBLE';
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'boolean':
      return 'BOOLEAN';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return 'TIMESTAMP';
  }
}
