import type { Engine } from '@millrace/shared/adapters/duckdb';
import type { TestCell, TestRows } from '@millrace/shared/core/model-test';
import type { ColumnSchema } from '@millrace/shared/core/batch';
import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import { quoteIdentifier, quoteLiteral } from '@millrace/shared/core/sql-text';

import { isExact } from '../core/exact-text.ts';

export interface FilledTable {
  /** As people know it. */
  readonly name: string;
  /** As SQL names it. */
  readonly sql: string;
  readonly columns: readonly ColumnSchema[];
}

/**
 * Makes a table of the rows of a test. Throws `pipeline_invalid`, with the line, for a column that the table does not
 * have and for a value that is not exactly of its column's type.
 */
export async function fillTable(engine: Engine, table: FilledTable, { rows }: TestRows): Promise<void> {
  const { columns } = table;
  const lines = rows.map(({ cells }) => placeCells(table, cells));
  const declared = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  await engine.run(`CREATE TABLE ${table.sql} (${declared.join(', ')})`);
  if (lines.length === 0) return;
  const values = lines.map((line, at) => `(${[String(at), ...line.map(literal)].join(', ')})`);
  const given = `(VALUES ${values.join(', ')}) AS given(n, ${columns.map((_, at) => `c${at}`).join(', ')})`;
  const failures = columns.map(
    ({ type }, at) => `min(n) FILTER (WHERE c${at} IS NOT NULL AND ${castSql(at, type)} IS NULL) AS c${at}`,
  );
  const [failed] = await engine.rows(`SELECT ${failures.join(', ')} FROM ${given}`);
  for (const [at, column] of columns.entries()) {
    const row = failed?.[`c${at}`] ?? null;
    if (row !== null) throw notOfType(table, column, lines[Number(row)]?.[at]);
  }
  const casts = columns.map(({ type }, at) => castSql(at, type));
  await engine.run(`INSERT INTO ${table.sql} SELECT ${casts.join(', ')} FROM ${given} ORDER BY n`);
}

/** In the order of the table's columns; undefined where the row has none. */
function placeCells(table: FilledTable, cells: ReadonlyMap<string, TestCell>): (TestCell | undefined)[] {
  const line = new Array<TestCell | undefined>(table.columns.length).fill(undefined);
  for (const [name, cell] of cells) {
    const at = table.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
    const column = table.columns[at];
    if (column === undefined) throw unknownColumn(table, name, cell);
    if (cell.text !== null && !isExact(column.type, cell.text)) throw notOfType(table, column, cell);
    line[at] = cell;
  }
  return line;
}

function literal(cell: TestCell | undefined): string {
  return cell === undefined || cell.text === null ? 'NULL' : quoteLiteral(cell.text);
}

/** Lists and structs are written as YAML has them, which arrive here as JSON. */
function castSql(at: number, type: string): string {
  const isNested = /\]$|^(STRUCT|MAP)\(/.test(type);
  return `TRY_CAST(${isNested ? `TRY_CAST(c${at} AS JSON)` : `c${at}`} AS ${type})`;
}

function unknownColumn(table: FilledTable, name: string, cell: TestCell): Error {
  const known = table.columns.map((column) => column.name);
  return fail('pipeline_invalid', {
    message: `'${table.name}' has no column '${name}'.${didYouMean(name, known)}`,
    where: cell.where,
    hint: `Its columns: ${known.join(', ')}.`,
  });
}

function notOfType(table: FilledTable, { name, type }: ColumnSchema, cell: TestCell | undefined): Error {
  return fail('pipeline_invalid', {
    message: `'${cell?.text ?? ''}' is not a value of '${name}' of '${table.name}', which has the type ${type}.`,
    where: cell?.where,
    hint: 'Write a value that the column can hold exactly, or leave it out for null.',
  });
}
