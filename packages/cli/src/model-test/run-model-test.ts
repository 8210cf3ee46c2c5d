import { openEngine, type Engine } from '@millrace/shared/adapters/duckdb';
import { bindModel } from '@millrace/shared/adapters/model-bind';
import { parseModel } from '@millrace/shared/adapters/model-parse';
import { explainModelRows, modelRowsSql } from '@millrace/shared/adapters/model-rows';
import type { CompiledModel } from '@millrace/shared/adapters/model-sql';
import type { ModelTest } from '@millrace/shared/core/model-test';
import type { ColumnSchema } from '@millrace/shared/core/batch';
import type { PlannedModel } from '@millrace/shared/core/plan';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';

import { compareRows, type ComparedRow, type RowDifference } from '../core/compare-rows.ts';
import { testInputs } from '../core/test-inputs.ts';
import { fillTable, type FilledTable } from './fill-table.ts';

/** The tables of a pipeline, all with the columns that a run would give them. */
export interface TestedPipeline {
  readonly tables: readonly { readonly name: string; readonly columns: readonly ColumnSchema[] }[];
  /** Each after those it reads. */
  readonly models: readonly CompiledModel[];
}

export interface ModelTestResult {
  /** Names of the columns that were compared. */
  readonly columns: readonly string[];
  readonly expectedRows: number;
  readonly foundRows: number;
  readonly differences: readonly RowDifference[];
}

/** Tests are small, and many: a model that asks for more has no end. */
const MEMORY_BYTES = 256 * 1024 * 1024;
/** Models name tables without a schema, so that none of them can meet a table in it. */
const EXPECTED_SCHEMA = 'millrace_expected';

/**
 * Runs a model over the rows of a test, in an engine of its own that reaches no file and no network, as a run would.
 * Throws `pipeline_invalid` with the line in the test's file, or `model_failed` with that in the model's.
 */
export async function runModelTest(pipeline: TestedPipeline, test: ModelTest): Promise<ModelTestResult> {
  const planned = pipeline.models.map(({ model }) => model);
  const { tables, models } = testInputs(test, planned);
  const engine = await openEngine({ memoryLimitBytes: MEMORY_BYTES, threads: 1, spillDir: null });
  try {
    await engine.confineTo([]);
    for (const { name, ...rows } of tables) await fillTable(engine, tableOf(pipeline, name), rows);
    for (const model of models) await makeModel(engine, model);
    return await compare(engine, tableOf(pipeline, test.model), test);
  } finally {
    await engine.close();
  }
}

function tableOf(pipeline: TestedPipeline, name: string): FilledTable {
  const model = pipeline.models.find((candidate) => candidate.model.name === name);
  const columns = model?.columns ?? pipeline.tables.find((table) => table.name === name)?.columns ?? [];
  return { name, sql: quoteIdentifier(name), columns };
}

async function makeModel(engine: Engine, model: PlannedModel): Promise<void> {
  const selected = { ...model, ...(await parseModel(engine, model)) };
  const columns = await bindModel(engine, { ...model, sql: selected.select });
  const sql = `CREATE TABLE ${quoteIdentifier(model.name)} AS ${modelRowsSql(selected, columns)}`;
  try {
    await engine.run(sql);
  } catch (error) {
    throw explainModelRows(selected, sql, error);
  }
}

/** Only columns that the test names are compared; a row that leaves out one of them expects null there. */
async function compare(engine: Engine, found: FilledTable, test: ModelTest): Promise<ModelTestResult> {
  const { expected, ordered } = test;
  const sql = `${EXPECTED_SCHEMA}.${found.sql}`;
  await engine.run(`CREATE SCHEMA ${EXPECTED_SCHEMA}`);
  await fillTable(engine, { ...found, sql }, expected);
  const named = new Set(
    expected.rows.flatMap(({ cells }) => [...cells.keys()].map((name) => name.toLowerCase())),
  );
  const columns = found.columns.filter(
    ({ name }) => expected.rows.length === 0 || named.has(name.toLowerCase()),
  );
  const wanted = await readTexts(engine, sql, columns);
  const made = await readTexts(engine, found.sql, columns);
  return {
    columns: columns.map(({ name }) => name),
    expectedRows: wanted.length,
    foundRows: made.length,
    differences: compareRows(wanted, made, ordered),
  };
}

/** In the order in which they were inserted. */
async function readTexts(
  engine: Engine,
  sql: string,
  columns: readonly ColumnSchema[],
): Promise<ComparedRow[]> {
  const texts = columns.map(({ name }, at) => `CAST(${quoteIdentifier(name)} AS VARCHAR) AS c${at}`);
  const rows = await engine.rows(`SELECT ${['1 AS one', ...texts].join(', ')} FROM ${sql}`);
  return rows.map((row) => columns.map(({ type }, at) => normal(type, row[`c${at}`] as string | null)));
}

/** Digits in which two numbers of a type that cannot hold most decimals are compared: 0.1 + 0.2 is 0.3. */
const SIGNIFICANT: Readonly<Record<string, number>> = { DOUBLE: 12, FLOAT: 6 };

function normal(type: string, text: string | null): string | null {
  const digits = SIGNIFICANT[type];
  if (text === null || digits === undefined || !Number.isFinite(Number(text))) return text;
  return String(Number(Number(text).toPrecision(digits)));
}
