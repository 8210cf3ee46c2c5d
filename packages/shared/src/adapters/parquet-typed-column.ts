import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  TIMESTAMP,
  VARCHAR,
  type DuckDBType,
} from '@duckdb/node-api';

import { formatColumnType } from '../core/column-type.ts';
import type { Column } from '../core/pipeline.ts';
import type { TypedCell, TypedRow } from '../core/typed-cell.ts';
import { ColumnBuffer, StringColumnBuffer } from './duckdb-column-buffer.ts';
import type { BatchColumn } from './parquet-batches.ts';

/** Stores a cell that is not null, or says that it does not fit. */
type Store = (row: number, cell: TypedCell | undefined) => boolean;

/** The column at this index of typed rows. Its buffer throws a TypeError for a cell that its type cannot hold. */
export function typedColumn(column: Column, index: number): BatchColumn<TypedRow> {
  const { name, type } = column;
  const fixed = (engineType: DuckDBType, width: number, open: (data: ArrayBuffer) => Store) => ({
    name,
    type: engineType,
    extraBytes: null,
    createBuffer: () => {
      const buffer = new ColumnBuffer(width);
      const store = open(buffer.data);
      return {
        fill(rows: readonly TypedRow[]) {
          for (let row = 0; row < rows.length; row += 1) {
            const cell = rows[row]?.[index];
            if (cell === null) buffer.setNull(row);
            else if (!store(row, cell)) throw notOfType(column, cell);
          }
        },
        moveTo: buffer.moveTo.bind(buffer),
      };
    },
  });
  switch (type.kind) {
    case 'text':
    case 'json':
      return textColumn(column, index);
    case 'integer':
      return fixed(BIGINT, 8, storeInt64);
    case 'double':
      return fixed(DOUBLE, 8, storeDouble);
    case 'boolean':
      return fixed(BOOLEAN, 1, storeBoolean);
    case 'date':
      return fixed(DATE, 4, storeInt32);
    case 'timestamp':
      return fixed(TIMESTAMP, 8, storeInt64);
    case 'decimal':
      return fixed(
        DECIMAL(type.precision, type.scale),
        decimalWidth(type.precision),
        storeDecimal(type.precision),
      );
  }
}

function textColumn(column: Column, index: number): BatchColumn<TypedRow> {
  return {
    name: column.name,
    type: VARCHAR,
    extraBytes: (row) => {
      const cell = row[index];
      return typeof cell === 'string' ? cell.length : 0;
    },
    createBuffer: () => {
      const buffer = new StringColumnBuffer();
      return {
        fill(rows) {
          for (let row = 0; row < rows.length; row += 1) {
            const cell = rows[row]?.[index];
            if (cell !== null && (typeof cell !== 'string' || LONE_SURROGATE.test(cell))) {
              throw notOfType(column, cell);
            }
            buffer.set(row, cell);
          }
        },
        moveTo: buffer.moveTo.bind(buffer),
      };
    },
  };
}

/** DuckDB's binding would turn half a surrogate pair into U+FFFD. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

function storeInt64(data: ArrayBuffer): Store {
  const items = new BigInt64Array(data);
  return (row, cell) => {
    if (typeof cell !== 'bigint' || BigInt.asIntN(64, cell) !== cell) return false;
    items[row] = cell;
    return true;
  };
}

function storeInt32(data: ArrayBuffer): Store {
  const items = new Int32Array(data);
  return (row, cell) => {
    if (typeof cell !== 'number' || (cell | 0) !== cell) return false;
    items[row] = cell;
    return true;
  };
}

function storeDouble(data: ArrayBuffer): Store {
  const items = new Float64Array(data);
  return (row, cell) => {
    if (typeof cell !== 'number') return false;
    items[row] = cell;
    return true;
  };
}

function storeBoolean(data: ArrayBuffer): Store {
  const items = new Uint8Array(data);
  return (row, cell) => {
    if (typeof cell !== 'boolean') return false;
    items[row] = cell ? 1 : 0;
    return true;
  };
}

/** DuckDB keeps a decimal in the smallest integer that its precision fits into. */
function decimalWidth(precision: number): 2 | 4 | 8 | 16 {
  if (precision <= 4) return 2;
  if (precision <= 9) return 4;
  return precision <= 18 ? 8 : 16;
}

function storeDecimal(precision: number): (data: ArrayBuffer) => Store {
  const limit = 10n ** BigInt(precision);
  const width = decimalWidth(precision);
  return (data) => {
    const put = putInteger(data, width);
    return (row, cell) => {
      if (typeof cell !== 'bigint' || cell >= limit || cell <= -limit) return false;
      put(row, cell);
      return true;
    };
  };
}

function putInteger(data: ArrayBuffer, width: 2 | 4 | 8 | 16): (row: number, value: bigint) => void {
  if (width <= 4) {
    const items = width === 2 ? new Int16Array(data) : new Int32Array(data);
    return (row, value) => {
      items[row] = Number(value);
    };
  }
  const items = new BigInt64Array(data);
  if (width === 8) {
    return (row, value) => {
      items[row] = value;
    };
  }
  return (row, value) => {
    items[row * 2] = BigInt.asIntN(64, value);
    items[row * 2 + 1] = value >> 64n;
  };
}

function notOfType(column: Column, cell: TypedCell | undefined): TypeError {
  const value = JSON.stringify(typeof cell === 'bigint' ? String(cell) : cell)?.slice(0, 100);
  return new TypeError(
    `Column '${column.name}' of type ${formatColumnType(column.type)} was given the ${typeof cell} ${value}.`,
  );
}
