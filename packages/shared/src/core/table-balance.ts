import type { TableOutput } from './batch.ts';
import { tablesRead } from './build-tasks.ts';
import { sum } from './conservation.ts';
import type { Balance } from './file-balance.ts';
import type { Manifest } from './manifest.ts';
import type { Plan } from './plan.ts';
import type { CheckTask, LoadTask, ModelTask } from './task.ts';

/** The rows of one staged or modelled table at every hop. */
export interface TableBalance {
  readonly table: string;
  readonly kind: 'staged' | 'model';
  /** By those who made them. */
  readonly made: number;
  /** In the objects that were sealed. */
  readonly stored: number;
  /** Found in those objects by each task that read them: a model's name, or the id of a check or load task. */
  readonly reads: readonly { readonly by: string; readonly rows: number }[];
  /** Per destination that is done; empty for tables that are not loaded. */
  readonly loads: readonly TableLoadBalance[];
  readonly balance: Balance;
}

export interface TableLoadBalance {
  /** Index into the plan's destinations. */
  readonly destination: number;
  /** By the destination's own account; null when an earlier attempt had committed. */
  readonly inserted: number | null;
  /** Counted in the destination. */
  readonly rows: number;
}

interface Judged {
  readonly tables: TableBalance[];
  readonly imbalances: string[];
}

export function balanceTables(plan: Plan, manifests: ReadonlyMap<string, Manifest>): Judged {
  const outputs = outputsByTable(plan, manifests);
  const judged = [
    ...plan.tables.map(({ name }) => ({ name, kind: 'staged' as const })),
    ...plan.models.map(({ name }) => ({ name, kind: 'model' as const })),
  ].map(({ name, kind }) => balanceTable(plan, manifests, { name, kind, outputs: outputs.get(name) ?? [] }));
  return {
    tables: judged.map(({ balance }) => balance),
    imbalances: judged.flatMap(({ imbalances }) => imbalances),
  };
}

function outputsByTable(plan: Plan, manifests: ReadonlyMap<string, Manifest>): Map<string, TableOutput[]> {
  const outputs = new Map<string, TableOutput[]>();
  for (const task of plan.tasks) {
    for (const output of manifests.get(task.id)?.outputs ?? []) {
      const known = outputs.get(output.table);
      if (known === undefined) outputs.set(output.table, [output]);
      else known.push(output);
    }
  }
  return outputs;
}

interface Table {
  readonly name: string;
  readonly kind: 'staged' | 'model';
  readonly outputs: readonly TableOutput[];
}

function balanceTable(plan: Plan, manifests: ReadonlyMap<string, Manifest>, table: Table) {
  const { name, kind, outputs } = table;
  const readers = plan.tasks.filter(
    (task): task is ReadingTask => task.kind !== 'extract' && doesRead(plan, task, name),
  );
  const made = sum(outputs.map((output) => output.rows));
  const stored = sum(outputs.flatMap((output) => output.batches.map((batch) => batch.rows)));
  const isMade = areMakersDone(plan, manifests, table);
  // A task knows the manifests that it depends on: of what these have read, it does not know who made it.
  const done = isMade ? readers.flatMap((task) => manifests.get(task.id) ?? []) : [];
  const reads = done.flatMap((manifest) => readOf(plan, manifest, name));
  const loads = done.flatMap((manifest) => loadOf(manifest, name));
  const imbalances = [
    // Of a staged table the check of each extract task has said it.
    ...(kind === 'staged' || stored === made ? [] : [`${name}: ${made} rows made, ${stored} in its batches`]),
    ...reads
      .filter(({ rows }) => rows !== stored)
      .map(({ by, rows }) => `${name}: ${stored} rows in its batches, but ${by} read ${rows}`),
    ...done
      .filter((manifest) => manifest.kind !== 'load' && !namesRead(manifest, name))
      .map(({ task }) => `${name}: ${task} did not say how many of its rows it read`),
    ...loads.flatMap((load) => loadImbalances(name, stored, load)),
  ];
  const isBroken = imbalances.length > 0 || stored !== made;
  const isOpen = done.length < readers.length || !isMade;
  const balance: Balance = isBroken ? 'broken' : isOpen ? 'open' : 'balanced';
  return { balance: { table: name, kind, made, stored, reads, loads, balance }, imbalances };
}

type ReadingTask = ModelTask | CheckTask | LoadTask;

/** A model reads what it depends on, a check task its table and what its checks compare it with, a load every table that is loaded. */
function doesRead(plan: Plan, task: ReadingTask, table: string): boolean {
  if (task.kind === 'check') return tablesRead(plan.checks, task.table).includes(table);
  if (task.kind === 'load') return plan.models.some(({ name, load }) => name === table && load !== null);
  return plan.models.some(({ name, dependsOn }) => name === task.model && dependsOn.includes(table));
}

function areMakersDone(plan: Plan, manifests: ReadonlyMap<string, Manifest>, { name, kind }: Table): boolean {
  return plan.tasks.every((task) => {
    const isMaker =
      kind === 'staged'
        ? task.kind === 'extract' && task.tables.includes(name)
        : task.kind === 'model' && task.model === name;
    return !isMaker || manifests.has(task.id);
  });
}

function readOf(plan: Plan, { task: id, reads }: Manifest, table: string) {
  const task = plan.tasks.find((candidate) => candidate.id === id);
  const by = task?.kind === 'model' ? task.model : id;
  return reads.filter((read) => read.table === table).map(({ rows }) => ({ by, rows }));
}

function namesRead({ reads }: Manifest, table: string): boolean {
  return reads.some((read) => read.table === table);
}

function loadOf({ loaded }: Manifest, table: string): TableLoadBalance[] {
  if (loaded === null) return [];
  const { destination, inserted, tables } = loaded;
  return [{ destination, inserted: inserted?.[table] ?? null, rows: tables[table] ?? 0 }];
}

function loadImbalances(table: string, stored: number, { inserted, rows, destination }: TableLoadBalance) {
  const place = `destination ${destination + 1}`;
  return [
    ...(inserted === null || inserted === stored
      ? []
      : [`${table}: ${stored} rows in its batches, but ${inserted} written to ${place}`]),
    ...(rows === stored ? [] : [`${table}: ${stored} rows in its batches, but ${rows} found in ${place}`]),
  ];
}
