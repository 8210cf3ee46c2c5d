import type { ColumnSchema } from '../core/batch.ts';
import { duckdbType } from '../core/column-type.ts';
import { orderModels } from '../core/model-graph.ts';
import { didYouMean } from '../core/nearest-name.ts';
import type { Column, ModelDeclaration } from '../core/pipeline.ts';
import type { PlannedModel } from '../core/plan.ts';
import { quoteIdentifier } from '../core/sql-text.ts';
import { openEngine, type Engine } from './duckdb.ts';
import { bindModel } from './model-bind.ts';
import { invalid, parseModel, type ModelText, type TableReference } from './model-parse.ts';

export interface ModelSources {
  readonly models: readonly ModelDeclaration[];
  /** Staged tables. */
  readonly tables: readonly { readonly name: string; readonly columns: readonly Column[] }[];
}

export interface CompiledModel {
  readonly model: PlannedModel;
  /** What the model gives, in the types in which it is stored. */
  readonly columns: readonly ColumnSchema[];
}

/** Planning binds queries to empty tables; this is plenty, and bounds a constant such as repeat('x', 1e9). */
const PLANNING_MEMORY_BYTES = 256 * 1024 * 1024;

/**
 * Reads the dependencies of all models from their SQL, orders them, and binds each to empty tables of the declared
 * types, so that an unknown table, column or function and a wrong type are errors before any data is read.
 * Throws `model_invalid` with file, line and column.
 */
export async function compileModels({ models, tables }: ModelSources): Promise<CompiledModel[]> {
  if (models.length === 0) return [];
  const engine = await openEngine({ memoryLimitBytes: PLANNING_MEMORY_BYTES, threads: 1, spillDir: null });
  try {
    await engine.confineTo([]);
    for (const table of tables) {
      await createTable(
        engine,
        table.name,
        table.columns.map(({ name, type }) => ({ name, type: duckdbType(type) })),
      );
    }
    const known = {
      tables: tables.map(({ name }) => name),
      models: models.map(({ name }) => name),
    };
    const planned: PlannedModel[] = [];
    for (const model of models) {
      const { references } = await parseModel(engine, model);
      const dependsOn = references.map((reference) => resolveReference(model, reference, known));
      planned.push({ ...model, dependsOn });
    }
    return await bindAll(engine, orderModels(planned));
  } finally {
    await engine.close();
  }
}

/**
 * What each model reads, as far as it can be told without the columns of any table; names that nobody knows are left
 * out, for `compileModels` to refuse. Throws `model_invalid` for SQL that is no model.
 */
export async function readModelReferences(
  models: readonly ModelDeclaration[],
  tables: readonly string[],
): Promise<(ModelDeclaration & { readonly dependsOn: readonly string[] })[]> {
  const engine = await openEngine({ memoryLimitBytes: PLANNING_MEMORY_BYTES, threads: 1, spillDir: null });
  try {
    await engine.confineTo([]);
    const names = [...tables, ...models.map(({ name }) => name)];
    const read = [];
    for (const model of models) {
      const { references } = await parseModel(engine, model);
      const dependsOn = references.flatMap((reference) => nameOf(names, reference) ?? []);
      read.push({ ...model, dependsOn });
    }
    return read;
  } finally {
    await engine.close();
  }
}

/** Like SQL, it does not care about case. */
function nameOf(names: readonly string[], reference: TableReference): string | undefined {
  return names.find((name) => name.toLowerCase() === reference.name.toLowerCase());
}

interface KnownNames {
  readonly tables: readonly string[];
  readonly models: readonly string[];
}

/** The declared name of what a reference means. */
function resolveReference(model: ModelText, reference: TableReference, known: KnownNames): string {
  const names = [...known.tables, ...known.models];
  const found = nameOf(names, reference);
  if (found !== undefined) return found;
  const looksLikeFile = /[./*:\\]/.test(reference.name);
  const problem = looksLikeFile
    ? `Model '${model.name}' reads the file '${reference.name}'; models read tables only.`
    : `Model '${model.name}' reads '${reference.name}', which is neither a staged table nor a model.`;
  throw invalid(
    model,
    `${problem}${didYouMean(reference.name, names)}`,
    reference.place,
    `Staged tables: ${list(known.tables)}. Models: ${list(known.models)}.${
      looksLikeFile ? ' Declare the file as a source to read it.' : ''
    }`,
  );
}

async function bindAll(engine: Engine, models: readonly PlannedModel[]): Promise<CompiledModel[]> {
  const compiled: CompiledModel[] = [];
  for (const model of models) {
    const columns = (await bindModel(engine, model)).map(({ name, type }) => ({ name, type }));
    checkMergeKey(model, columns);
    await createTable(engine, model.name, columns);
    compiled.push({ model, columns });
  }
  return compiled;
}

function checkMergeKey(model: PlannedModel, columns: readonly ColumnSchema[]): void {
  if (model.load?.kind !== 'merge') return;
  const names = columns.map(({ name }) => name);
  const missing = model.load.key.find((column) => !names.includes(column));
  if (missing === undefined) return;
  throw invalid(
    model,
    `Model '${model.name}' is merged by '${missing}', but gives no such column.${didYouMean(missing, names)}`,
    null,
    `Its columns: ${list(names)}.`,
  );
}

async function createTable(engine: Engine, name: string, columns: readonly ColumnSchema[]): Promise<void> {
  const parts = columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`);
  await engine.run(`CREATE TABLE ${quoteIdentifier(name)} (${parts.join(', ')})`);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
