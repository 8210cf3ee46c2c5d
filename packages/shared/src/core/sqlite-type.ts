/**
 * The type with which SQLite declares a column of a model; docs/types.md is this table in prose. Its affinity decides
 * how values are stored. Null for a type that SQLite cannot keep.
 * @param type of the types that models are stored in, as DuckDB writes them
 */
export function sqliteType(type: string): string | null {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type);
  if (decimal !== null) return `DECIMAL(${decimal[1]},${decimal[2]})`;
  if (type.endsWith(']') || /^(STRUCT|MAP)\(/.test(type)) return 'TEXT';
  return DECLARED[type.replace(/\(.*$/, '')] ?? null;
}

const DECLARED: Readonly<Record<string, string>> = {
  TINYINT: 'INTEGER',
  SMALLINT: 'INTEGER',
  INTEGER: 'INTEGER',
  BIGINT: 'INTEGER',
  UTINYINT: 'INTEGER',
  USMALLINT: 'INTEGER',
  UINTEGER: 'INTEGER',
  UBIGINT: 'INTEGER',
  FLOAT: 'REAL',
  DOUBLE: 'REAL',
  BOOLEAN: 'BOOLEAN',
  DATE: 'DATE',
  TIMESTAMP: 'TIMESTAMP',
  TIMESTAMP_NS: 'TIMESTAMP',
  'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP',
  VARCHAR: 'TEXT',
  JSON: 'TEXT',
  UUID: 'TEXT',
  TIME: 'TEXT',
  BLOB: 'BLOB',
};
