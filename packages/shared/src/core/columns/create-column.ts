import type { ColumnType } from '../column-type.ts';
import type { ColumnStore } from './column-store.ts';
import type { MemoryPool } from './memory-pool.ts';
import { BooleanStore, DoubleStore, IntegerStore, type IntegerStorage } from './number-stores.ts';
import { TextStore } from './text-store.ts';

/** A column that rows are kept in; `blob` is for bytes, which no user declares. */
export interface StoreColumn {
  readonly name: string;
  readonly type: ColumnType | { readonly kind: 'blob' };
}

/** @param capacity rows that it has room for at first, a multiple of 4 */
export function createColumn({ type }: StoreColumn, capacity: number, pool: MemoryPool): ColumnStore {
  switch (type.kind) {
    case 'text':
    case 'json':
      return new TextStore('text', capacity, pool);
    case 'blob':
      return new TextStore('blob', capacity, pool);
    case 'integer':
    case 'timestamp':
      return new IntegerStore('int64', capacity, pool, null);
    case 'date':
      return new IntegerStore('int32', capacity, pool, 'days');
    case 'decimal':
      return new IntegerStore(decimalStorage(type.precision), capacity, pool, 10n ** BigInt(type.precision));
    case 'double':
      return new DoubleStore(capacity, pool);
    case 'boolean':
      return new BooleanStore(capacity, pool);
  }
}

/** DuckDB keeps a decimal in the smallest integer that its precision fits into. */
function decimalStorage(precision: number): IntegerStorage {
  if (precision <= 4) return 'int16';
  if (precision <= 9) return 'int32';
  return precision <= 18 ? 'int64' : 'int128';
}
