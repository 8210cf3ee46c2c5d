/**
 * A value in the form of its column's type, as the batch writer takes it: text and json as string, integer as bigint,
 * double as number, decimal as unscaled bigint (12.50 of decimal(18,2) is 1250n), date as days since 1970-01-01,
 * timestamp as microseconds since 1970-01-01 UTC.
 */
export type TypedCell = string | bigint | number | boolean | null;

/** Cells in the order of the table's columns. */
export type TypedRow = readonly TypedCell[];
