import { existsSync } from 'node:fs';

import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { fail, isMillraceError } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import type { Plan } from '@millrace/shared/core/plan';
import { runTables, type RunTable } from '@millrace/shared/core/run-tables';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';
import type { RunState, RunStore } from '@millrace/shared/runtime/run-store';

import { findRun } from '../find-run.ts';

export type PlannedRun = RunState & { readonly plan: Plan };

/** A table in the run in which it is looked at. */
export interface FoundTable {
  readonly run: PlannedRun;
  readonly table: RunTable;
  /** Published runs that have rows for which the condition holds, the newest first; empty where the destination cannot tell. */
  readonly runs: readonly RunWithRows[];
}

export interface RunWithRows {
  readonly run: string;
  readonly rows: number;
}

interface Wish {
  readonly where: string | null;
  readonly run: string | null;
}

/** More runs than these are not looked through for one that has the table. */
const RUNS_SEARCHED = 1000;
const RUNS_ASKED = 100;

/**
 * The run to look at: the given one, else the newest that published such rows, as the destination says; else the newest
 * published one that made the table. Throws `usage` when no run did.
 */
export async function findTracedRun(
  config: Config,
  name: string,
  wish: Wish,
): Promise<FoundTable & { readonly bucket: Bucket }> {
  const { bucket, store, run: latest } = await findRun(config, wish.run ?? undefined);
  const run = await loadPlanned(store, wish.run ?? (await newestWith(store, name, latest)));
  const table = findTable(run, name);
  const runs =
    wish.run === null && table.kind === 'model' ? await runsWithRows(run.plan, table, wish.where) : [];
  const newest = runs[0]?.run;
  if (newest === undefined || newest === run.plan.run) return { bucket, run, table, runs };
  const other = await loadPlanned(store, newest);
  return { bucket, run: other, table: findTable(other, name), runs };
}

async function loadPlanned(store: RunStore, id: string): Promise<PlannedRun> {
  const state = await store.load(id);
  if (state.plan !== null) return { ...state, plan: state.plan };
  throw fail('query_failed', { message: 'The run has no plan, so it has made nothing.', where: `run ${id}` });
}

function findTable({ plan, manifests }: PlannedRun, name: string): RunTable {
  const tables = runTables(plan, manifests);
  const table = tables.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (table !== undefined) return table;
  const known = tables.map((candidate) => candidate.name);
  throw fail('usage', {
    message: `Run ${plan.run} has no table '${name}'.${didYouMean(name, known)}`,
    hint: `Its tables: ${known.join(', ')}.`,
  });
}

/** The newest published run of which the plan has the table; else `latest`, whose tables are then named in the error. */
async function newestWith(store: RunStore, name: string, latest: string): Promise<string> {
  for (const id of await store.list(RUNS_SEARCHED)) {
    const plan = await store.plan(id);
    const names = [...(plan?.tables ?? []), ...(plan?.models ?? [])].map((table) => table.name.toLowerCase());
    if (!names.includes(name.toLowerCase())) continue;
    if ((await store.load(id)).status === 'published') return id;
  }
  return latest;
}

/** Only appended tables say with which run each row came. A condition that its engine does not know is not asked there. */
async function runsWithRows(plan: Plan, table: RunTable, where: string | null): Promise<RunWithRows[]> {
  const model = plan.models.find(({ name }) => name === table.name);
  const [destination] = plan.destinations;
  if (model?.load?.kind !== 'append' || destination === undefined) return [];
  if (!existsSync(destination.path)) return [];
  const reader = openDestinationReader(destination);
  const all = destination.type === 'sqlite' ? table.name : `${table.name}_all`;
  try {
    const { rows } = await reader.query(
      `SELECT _run_id, count(*) AS rows FROM ${quoteIdentifier(all)} WHERE (${where ?? '1 = 1'}\n) GROUP BY _run_id ORDER BY _run_id DESC`,
      { maxRows: RUNS_ASKED },
    );
    return rows.map(([run, count]) => ({ run: String(run), rows: Number(count) }));
  } catch (error) {
    if (isMillraceError(error) && error.code === 'query_failed') return [];
    throw error;
  } finally {
    await reader.close();
  }
}
