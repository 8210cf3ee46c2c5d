import { fail, type MillraceError } from '../core/errors.ts';
import { ALLOWED_TABLE_FUNCTIONS, REFUSED_FUNCTIONS } from '../core/model-functions.ts';
import {
  excerptAt,
  formatPlace,
  placeOfByte,
  placeOfCharacter,
  type TextPlace,
} from '../core/model-place.ts';
import { firstOffset, readTree, type TreeFinding } from '../core/model-tree.ts';
import type { ModelDeclaration } from '../core/pipeline.ts';
import type { Engine } from './duckdb.ts';

export interface ModelText extends Pick<ModelDeclaration, 'name' | 'file' | 'sql'> {
  /** What messages call it: a check is a SELECT as well, under the same rules. Default `Model`. */
  readonly noun?: 'Model' | 'Check';
}

export interface ParsedModel {
  /** The one SELECT, without the semicolon and what follows it, so that it can be put in parentheses. */
  readonly select: string;
  /** Tables it names, each at its first place. */
  readonly references: readonly TableReference[];
}

export interface TableReference {
  readonly name: string;
  readonly place: TextPlace | null;
}

/**
 * Reads a model with DuckDB's own parser, without looking at any table. Throws `model_invalid` with file, line and
 * column unless it is exactly one SELECT that only names tables and calls nothing that reaches out of the engine.
 */
export async function parseModel(engine: Engine, model: ModelText): Promise<ParsedModel> {
  const tree = await readStatements(engine, model.sql);
  if ('error' in tree) throw notReadable(model, tree);
  const [statement, second] = tree.statements;
  if (statement === undefined) throw invalid(model, `${titleOf(model)} is empty.`, null);
  if (second !== undefined) {
    const place = placeOfByte(model.sql, firstOffset(second));
    throw invalid(model, `${titleOf(model)} has more than one statement; the second is here.`, place);
  }
  const references = new Map<string, TableReference>();
  for (const finding of readTree(statement)) {
    const place = finding.byteOffset === null ? null : placeOfByte(model.sql, finding.byteOffset);
    const problem = problemOf(finding);
    if (problem !== null) throw invalid(model, `${titleOf(model)} ${problem.what}`, place, problem.hint);
    const key = finding.name.toLowerCase();
    if (finding.kind === 'table' && !references.has(key)) references.set(key, { name: finding.name, place });
  }
  return { select: await withoutSemicolon(engine, model.sql), references: [...references.values()] };
}

/** A `model_invalid` that shows the place in the model's file. */
export function invalid(
  model: ModelText,
  message: string,
  place: TextPlace | null,
  hint: string | null = null,
): MillraceError {
  return fail('model_invalid', {
    message: `${message}${excerptAt(model.sql, place)}`,
    where: formatPlace(model.file, place),
    hint: hint ?? `A ${(model.noun ?? 'Model').toLowerCase()} is one SELECT over staged tables and models.`,
  });
}

/** `Model 'daily'`, to begin a sentence with. */
export function titleOf({ noun = 'Model', name }: ModelText): string {
  return `${noun} '${name}'`;
}

type Statements = { readonly statements: readonly unknown[] } | ParseFailure;

interface ParseFailure {
  readonly error: string;
  readonly selectOnly: boolean;
  /** In characters; null when DuckDB does not know. */
  readonly offset: number | null;
}

interface SerializedSql {
  readonly error: boolean;
  readonly statements?: readonly unknown[];
  readonly error_type?: string;
  readonly error_message?: string;
  readonly position?: string;
}

async function readStatements(engine: Engine, sql: string): Promise<Statements> {
  const [row] = await engine.rows('SELECT json_serialize_sql($1::VARCHAR) AS tree', [sql]);
  const tree = JSON.parse(row?.['tree'] as string) as SerializedSql;
  if (!tree.error) return { statements: tree.statements ?? [] };
  return {
    error: tree.error_message ?? 'unknown error',
    selectOnly: tree.error_type === 'not implemented',
    offset: tree.position === undefined ? null : Number(tree.position),
  };
}

const BEFORE_FIRST_WORD = /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;
const QUERY_WORDS: ReadonlySet<string> = new Set(['SELECT', 'FROM', 'WITH', 'VALUES', 'TABLE']);

function notReadable(model: ModelText, failure: ParseFailure): MillraceError {
  if (!failure.selectOnly) {
    const place = failure.offset === null ? null : placeOfCharacter(model.sql, failure.offset);
    return invalid(model, `${titleOf(model)} cannot be read: ${failure.error}.`, place, 'See the mark.');
  }
  const start = BEFORE_FIRST_WORD.exec(model.sql)?.[0] ?? '';
  const word = /^\w+/.exec(model.sql.slice(start.length))?.[0].toUpperCase() ?? 'a statement';
  const place = placeOfCharacter(model.sql, [...start].length);
  if (QUERY_WORDS.has(word) || word === 'PIVOT') {
    return invalid(
      model,
      `${titleOf(model)} is not one SELECT to DuckDB, as it is with PIVOT without IN.`,
      place,
      'List the values that become columns: PIVOT t ON channel IN (web, shop) USING sum(amount).',
    );
  }
  return invalid(model, `${titleOf(model)} is ${word}, not a SELECT.`, place);
}

interface Problem {
  readonly what: string;
  readonly hint: string;
}

function problemOf(finding: TreeFinding): Problem | null {
  const { name } = finding;
  switch (finding.kind) {
    case 'table':
      return null;
    case 'qualified_table':
      return {
        what: `names '${name}' with a schema.`,
        hint: 'Name staged tables and models by their name alone.',
      };
    case 'show':
      return {
        what: 'is a DESCRIBE, SHOW or SUMMARIZE, or has one in it.',
        hint: 'Write one SELECT over staged tables and models.',
      };
    case 'table_function':
      if (ALLOWED_TABLE_FUNCTIONS.has(name)) return null;
      return {
        what: `calls the table function '${name}', which models may not.`,
        hint: `Files are read by declaring them as a source. Allowed: ${[...ALLOWED_TABLE_FUNCTIONS].join(', ')}.`,
      };
    case 'function':
      if (!REFUSED_FUNCTIONS.has(name)) return null;
      return {
        what: `calls '${name}', which models may not.`,
        hint: 'A model computes from its tables; it neither looks at nor holds up the worker that runs it.',
      };
  }
}

/**
 * Cuts at each last semicolon after which there is no statement, as long as what is before it can still be read:
 * a semicolon inside a string or comment fails one of the two.
 */
async function withoutSemicolon(engine: Engine, sql: string): Promise<string> {
  let select = sql;
  for (let at = sql.lastIndexOf(';'); at >= 0; at = select.lastIndexOf(';')) {
    const before = await readStatements(engine, select.slice(0, at));
    const after = await readStatements(engine, select.slice(at + 1));
    const isEnd = 'statements' in before && before.statements.length === 1;
    if (!isEnd || !('statements' in after) || after.statements.length > 0) break;
    select = select.slice(0, at);
  }
  return select;
}
