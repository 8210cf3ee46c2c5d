import { openEngine, type Engine } from '@millrace/shared/adapters/duckdb';
import { bindModel } from '@millrace/shared/adapters/model-bind';
import { invalid, parseModel } from '@millrace/shared/adapters/model-parse';
import type { TableRows } from '@millrace/shared/core/manifest';

import type { ModelOrder, ModelResult } from './contracts/model-order.ts';
import { showTable } from './model-tables.ts';
import { writeModel } from './write-model.ts';

/**
 * Runs one model over exactly the files of its order. While it runs, the engine can reach those files and the new
 * one, and nothing else: no other file, no network, no setting. Each model has an engine of its own: what confines
 * one cannot be taken back.
 */
export async function runModel(order: ModelOrder): Promise<ModelResult> {
  const engine = await openEngine(order.engine);
  try {
    const select = await readSelect(engine, order);
    const reads: TableRows[] = [];
    for (const table of order.tables) {
      reads.push({ table: table.name, rows: await showTable(engine, order.run, table) });
    }
    await engine.confineTo([...order.tables.flatMap(({ paths }) => paths), order.target.path]);
    const model = { ...order.model, select };
    const bound = await bindModel(engine, model);
    const rows = await writeModel(engine, model, { ...order.target, columns: bound });
    return { columns: bound.map(({ name, type }) => ({ name, type })), rows, reads };
  } finally {
    await engine.close();
  }
}

/** Checked at planning too, but this is the process that would do what a forged plan says. */
async function readSelect(engine: Engine, { model, tables }: ModelOrder): Promise<string> {
  const { select, references } = await parseModel(engine, model);
  const known = new Set(tables.map(({ name }) => name.toLowerCase()));
  const unknown = references.find(({ name }) => !known.has(name.toLowerCase()));
  if (unknown === undefined) return select;
  throw invalid(model, `Model '${model.name}' reads '${unknown.name}' outside of its plan.`, unknown.place);
}
