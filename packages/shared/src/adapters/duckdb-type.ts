import { quoteIdentifier } from '../core/sql-text.ts';
import { DuckDBTypeId, type DuckDBType } from '../npm/duckdb.ts';

/** A type as SQL names it. The binding's own text forgets that a text is JSON. */
export function typeText(type: DuckDBType): string {
  return nestedTypeText(type, typeText) ?? (type.alias === 'JSON' ? 'JSON' : type.toString());
}

/** Types that Parquet keeps as they are. */
const KEPT: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.VARCHAR,
  DuckDBTypeId.BLOB,
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIME,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
  DuckDBTypeId.UUID,
]);

/**
 * The type in which a model's column is stored, or null if Parquet would change its values. 128-bit integers, the
 * type of `sum` over integers, are stored as BIGINT: Parquet would make them doubles, while the cast keeps each
 * value or fails.
 */
export function storedType(type: DuckDBType): string | null {
  if (KEPT.has(type.typeId)) return typeText(type);
  switch (type.typeId) {
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return 'BIGINT';
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return 'TIMESTAMP';
    case DuckDBTypeId.ENUM:
      return 'VARCHAR';
    case DuckDBTypeId.SQLNULL:
      return 'INTEGER';
    default:
      return nestedTypeText(type, storedType);
  }
}

/** The text of a list, map or struct from the texts of its parts; null for other types or if a part has none. */
function nestedTypeText(type: DuckDBType, textOf: (part: DuckDBType) => string | null): string | null {
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY: {
      // Arrays of a fixed length too: Parquet gives them back as lists.
      const part = textOf(type.valueType);
      return part === null ? null : `${part}[]`;
    }
    case DuckDBTypeId.MAP: {
      const { keyType, valueType } = type;
      const [key, value] = [textOf(keyType), textOf(valueType)];
      return key === null || value === null ? null : `MAP(${key}, ${value})`;
    }
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type;
      const parts = entryTypes.map(textOf);
      if (parts.includes(null) || entryNames.includes('')) return null;
      return `STRUCT(${parts.map((part, index) => `${quoteIdentifier(entryNames[index] ?? '')} ${part}`).join(', ')})`;
    }
    default:
      return null;
  }
}
