import type { StoreColumn } from '../columns/create-column.ts';
import { WIRE, type CompactWriter } from './compact-writer.ts';

/** Parquet's numbers of the types in which it keeps values. */
const PHYSICAL = { boolean: 0, int32: 1, int64: 2, double: 5, bytes: 6, fixedBytes: 7 } as const;
/** Its older annotations of what they mean, which every reader knows. */
const CONVERTED = { text: 0, decimal: 5, date: 6, timestampMicros: 10, int64: 18 } as const;
/** Its newer annotations. */
const LOGICAL = { decimal: 5, timestamp: 8 } as const;
const DECIMAL = { scale: 1, precision: 2 } as const;
const TIMESTAMP = { isAdjustedToUtc: 1, unit: 2 } as const;
const MICROS = 2;
const OPTIONAL = 1;
const INT128_BYTES = 16;

/** Fields of `SchemaElement`. */
const ELEMENT = {
  type: 1,
  typeLength: 2,
  repetition: 3,
  name: 4,
  children: 5,
  converted: 6,
  scale: 7,
  precision: 8,
  logical: 10,
} as const;

/** A column as Parquet knows it. */
export interface ParquetColumn {
  readonly name: Uint8Array;
  readonly type: StoreColumn['type'];
  readonly physical: number;
}

/** Of the form that DuckDB gives the same column, so that both may be batches of one table. */
export function parquetColumn({ name, type }: StoreColumn): ParquetColumn {
  return { name: new TextEncoder().encode(name), type, physical: physicalType(type) };
}

function physicalType(type: StoreColumn['type']): number {
  switch (type.kind) {
    case 'boolean':
      return PHYSICAL.boolean;
    case 'date':
      return PHYSICAL.int32;
    case 'integer':
    case 'timestamp':
      return PHYSICAL.int64;
    case 'double':
      return PHYSICAL.double;
    case 'decimal':
      if (type.precision <= 9) return PHYSICAL.int32;
      return type.precision <= 18 ? PHYSICAL.int64 : PHYSICAL.fixedBytes;
    case 'text':
    case 'json':
    case 'blob':
      return PHYSICAL.bytes;
  }
}

const ROOT = new TextEncoder().encode('root');

/** Writes the schema of a table into a field of the metadata. */
export function putSchema(out: CompactWriter, field: number, columns: readonly ParquetColumn[]): void {
  out.list(field, WIRE.struct, columns.length + 1);
  out.begin();
  out.binary(ELEMENT.name, ROOT);
  out.integer(ELEMENT.children, WIRE.int32, columns.length);
  out.end();
  for (const { name, type, physical } of columns) {
    out.begin();
    out.integer(ELEMENT.type, WIRE.int32, physical);
    if (physical === PHYSICAL.fixedBytes) out.integer(ELEMENT.typeLength, WIRE.int32, INT128_BYTES);
    out.integer(ELEMENT.repetition, WIRE.int32, OPTIONAL);
    out.binary(ELEMENT.name, name);
    putMeaning(out, type);
    out.end();
  }
}

function putMeaning(out: CompactWriter, type: StoreColumn['type']): void {
  switch (type.kind) {
    case 'text':
    case 'json':
      return out.integer(ELEMENT.converted, WIRE.int32, CONVERTED.text);
    case 'date':
      return out.integer(ELEMENT.converted, WIRE.int32, CONVERTED.date);
    case 'integer':
      return out.integer(ELEMENT.converted, WIRE.int32, CONVERTED.int64);
    case 'timestamp':
      return putTimestamp(out);
    case 'decimal':
      return putDecimal(out, type);
    case 'double':
    case 'boolean':
    case 'blob':
      return;
  }
}

/** The older annotation means an instant, to be shown in the zone of the reader; the newer one that it stays as it is. */
function putTimestamp(out: CompactWriter): void {
  out.integer(ELEMENT.converted, WIRE.int32, CONVERTED.timestampMicros);
  out.struct(ELEMENT.logical);
  out.struct(LOGICAL.timestamp);
  out.boolean(TIMESTAMP.isAdjustedToUtc, false);
  out.struct(TIMESTAMP.unit);
  out.struct(MICROS);
  for (let open = 0; open < 4; open += 1) out.end();
}

function putDecimal(out: CompactWriter, { scale, precision }: { scale: number; precision: number }): void {
  out.integer(ELEMENT.converted, WIRE.int32, CONVERTED.decimal);
  out.integer(ELEMENT.scale, WIRE.int32, scale);
  out.integer(ELEMENT.precision, WIRE.int32, precision);
  out.struct(ELEMENT.logical);
  out.struct(LOGICAL.decimal);
  out.integer(DECIMAL.scale, WIRE.int32, scale);
  out.integer(DECIMAL.precision, WIRE.int32, precision);
  for (let open = 0; open < 2; open += 1) out.end();
}
