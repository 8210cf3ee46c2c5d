import type { ColumnSchema } from '../core/batch.ts';
import { badRowSql, isRowRule, literalSql } from '../core/check-sql.ts';
import type { CheckRule, CheckValue, PlannedCheck } from '../core/check.ts';
import { fail, isMillraceError, type MillraceError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest-name.ts';
import type { CheckDeclaration } from '../core/pipeline.ts';
import { quoteIdentifier } from '../core/sql-text.ts';
import { openEngine, type Engine } from './duckdb.ts';
import { bindModel } from './model-bind.ts';
import { invalid, parseModel } from './model-parse.ts';

/** A staged table or a model. */
export interface BoundTable {
  readonly name: string;
  readonly columns: readonly ColumnSchema[];
}

const PLANNING_MEMORY_BYTES = 256 * 1024 * 1024;

/**
 * Binds checks to the columns of their tables, so that a check that could never be evaluated is an error before any
 * data is read. Throws `pipeline_invalid` or, for a file in `checks/`, `model_invalid`, with the place.
 * @param tables each after those that it is computed from
 */
export async function bindChecks(
  checks: readonly CheckDeclaration[],
  tables: readonly BoundTable[],
): Promise<PlannedCheck[]> {
  if (checks.length === 0) return [];
  const engine = await openEngine({ memoryLimitBytes: PLANNING_MEMORY_BYTES, threads: 1, spillDir: null });
  try {
    await engine.confineTo([]);
    for (const { name, columns } of tables) {
      const parts = columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`);
      await engine.run(`CREATE TABLE ${quoteIdentifier(name)} (${parts.join(', ')})`);
    }
    const bound: PlannedCheck[] = [];
    for (const check of checks)
      if (isMeasured(check, tables)) bound.push(await bindCheck(engine, check, tables));
    return bound;
  } finally {
    await engine.close();
  }
}

/** False for a part of a distribution that its column has not; of a column that is not there, the error is to come. */
function isMeasured({ isOptional, table, rule }: CheckDeclaration, tables: readonly BoundTable[]): boolean {
  if (!isOptional || rule.kind !== 'anomaly') return true;
  const columns = tables.find(({ name }) => name === table)?.columns;
  const type = columns?.find(({ name }) => name === rule.column)?.type;
  if (type === undefined || rule.measure === 'distinct') return true;
  const family = familyOf(type);
  if (rule.measure === 'freshness') return family === 'time';
  return family === 'number' || (family === 'boolean' && rule.measure === 'mean');
}

async function bindCheck(
  engine: Engine,
  { where, isOptional: _, ...check }: CheckDeclaration,
  tables: readonly BoundTable[],
): Promise<PlannedCheck> {
  const { rule } = check;
  if (rule.kind === 'sql') {
    const { select, reads } = await bindSql(engine, check.id, rule, tables);
    const table = check.table ?? reads.at(-1);
    if (table === undefined) {
      throw wrong(
        `Check '${check.id}' reads no table.`,
        where,
        'A check is a SELECT of bad rows of a table.',
      );
    }
    return { ...check, rule: { ...rule, sql: select }, table, reads: [...new Set([table, ...reads])] };
  }
  const table = tables.find(({ name }) => name === check.table);
  if (table === undefined) {
    throw fail('internal', { message: `Check '${check.id}' has no table.`, where });
  }
  const others = 'to' in rule ? [rule.to] : [];
  checkRule(rule, table, tables, where);
  await tryRule(engine, rule, table, where);
  return { ...check, table: table.name, reads: [...new Set([table.name, ...others])] };
}

async function bindSql(
  engine: Engine,
  name: string,
  { file, sql }: Extract<CheckRule, { kind: 'sql' }>,
  tables: readonly BoundTable[],
): Promise<{ select: string; reads: string[] }> {
  const text = { noun: 'Check', name, file, sql } as const;
  const { select, references } = await parseModel(engine, text);
  const names = tables.map((table) => table.name);
  const wanted = references.map((reference) => {
    const found = names.find((known) => known.toLowerCase() === reference.name.toLowerCase());
    if (found !== undefined) return found;
    const problem = `Check '${name}' reads '${reference.name}', which is neither a staged table nor a model.`;
    throw invalid(text, `${problem}${didYouMean(reference.name, names)}`, reference.place);
  });
  await bindModel(engine, { ...text, sql: select });
  return { select, reads: names.filter((known) => wanted.includes(known)) };
}

type Family = 'text' | 'number' | 'boolean' | 'time' | 'other';

function familyOf(type: string): Family {
  if (type === 'VARCHAR') return 'text';
  if (/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type))
    return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  return /^(DATE|TIMESTAMP.*)$/.test(type) ? 'time' : 'other';
}

/** Throws `pipeline_invalid` for columns that are not there, or not of a type that the rule is about. */
function checkRule(rule: CheckRule, table: BoundTable, tables: readonly BoundTable[], where: string): void {
  const typeOf = (column: string, { name, columns } = table): string => {
    const found = columns.find((candidate) => candidate.name === column);
    if (found !== undefined) return found.type;
    const names = columns.map((candidate) => candidate.name);
    const problem = `Table '${name}' has no column '${column}'.${didYouMean(column, names)}`;
    throw wrong(problem, where, `Its columns: ${names.join(', ')}.`);
  };
  const demand = (column: string, families: readonly Family[], what: string, of = table) => {
    const type = typeOf(column, of);
    if (families.includes(familyOf(type))) return;
    throw wrong(`${rule.kind} is for columns of ${what}; '${column}' of '${of.name}' is ${type}.`, where);
  };
  const other = 'to' in rule ? tables.find(({ name }) => name === rule.to) : undefined;
  switch (rule.kind) {
    case 'not_null':
      typeOf(rule.column);
      return;
    case 'unique':
      for (const column of rule.columns) typeOf(column);
      return;
    case 'accepted_values':
      for (const value of rule.values) checkValue(value, typeOf(rule.column), where);
      return;
    case 'range':
      demand(rule.column, ['number', 'time', 'text'], 'numbers, times or text');
      for (const bound of [rule.min, rule.max])
        if (bound !== null) checkValue(bound, typeOf(rule.column), where);
      return;
    case 'matches':
      demand(rule.column, ['text'], 'text');
      return;
    case 'freshness':
      demand(rule.column, ['time'], 'dates or timestamps');
      return;
    case 'relationships': {
      const [type, field] = [typeOf(rule.column), typeOf(rule.field, other)];
      if (familyOf(type) === familyOf(field)) return;
      throw wrong(
        `'${rule.column}' is ${type} and '${rule.field}' of '${rule.to}' is ${field}: their values are never the same.`,
        where,
      );
    }
    case 'sum_equals':
      demand(rule.column, ['number'], 'numbers');
      demand(rule.field, ['number'], 'numbers', other);
      return;
    case 'anomaly':
      if (rule.column === null) return;
      if (rule.measure === 'freshness') demand(rule.column, ['time'], 'dates or timestamps');
      else if (rule.measure === 'mean')
        demand(rule.column, ['number', 'time', 'boolean'], 'numbers or times');
      else if (rule.measure === 'min' || rule.measure === 'max')
        // The newest of times is what freshness is about, and the oldest never changes or follows it.
        demand(rule.column, ['number'], 'numbers');
      else typeOf(rule.column);
      return;
    case 'row_count':
    case 'sql':
      return;
  }
}

function checkValue(value: CheckValue, type: string, where: string): void {
  const family = familyOf(type);
  const fits =
    family === 'text' ||
    (typeof value === 'number' && family === 'number') ||
    (typeof value === 'boolean' && family === 'boolean') ||
    (typeof value === 'string' && (family === 'time' || family === 'other'));
  if (!fits) throw wrong(`${JSON.stringify(value)} is no value of a column of type ${type}.`, where);
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return;
  throw wrong(`${value} has more digits than a number in YAML keeps.`, where, 'Use a file in checks/.');
}

/** What only the engine knows: whether a text is a date, and a pattern a regular expression. */
async function tryRule(engine: Engine, rule: CheckRule, table: BoundTable, where: string): Promise<void> {
  if (!isRowRule(rule)) return;
  const type = 'column' in rule ? table.columns.find(({ name }) => name === rule.column)?.type : undefined;
  const values =
    rule.kind === 'accepted_values' ? rule.values : rule.kind === 'range' ? [rule.min, rule.max] : [];
  const literals = values.flatMap((value) => (value === null ? [] : [literalSql(value, type ?? 'VARCHAR')]));
  try {
    if (literals.length > 0) await engine.rows(`SELECT ${literals.join(', ')}`);
    await engine.rows(`SELECT count(*) FROM ${quoteIdentifier(table.name)} WHERE ${badRowSql(rule, table)}`);
  } catch (error) {
    if (isMillraceError(error) || !(error instanceof Error)) throw error;
    throw wrong(`The check cannot be evaluated: ${error.message.split('\n', 1)[0] ?? ''}`, where);
  }
}

function wrong(message: string, where: string, hint?: string): MillraceError {
  return fail('pipeline_invalid', { message, where, hint });
}
