import type { Plan } from '@millrace/shared/core/plan';
import { countChecks, reportChecks, type CheckReport } from '@millrace/shared/core/report/check-report';
import type { TaskInFlight } from '@millrace/shared/core/report/run-progress';
import { rowsOf } from '@millrace/shared/core/report/run-report';
import { sum, type RunView } from '@millrace/shared/core/report/run-view';
import type { Task } from '@millrace/shared/core/task';

import type { NodeState } from '../api/graph.ts';
import type { NodeLive } from '../api/run.ts';
import { nodeId } from './run-graph.ts';

/** What the tasks of one node have done, summed up in one pass over the plan: it may have 10 000 of them. */
interface Tally {
  done: number;
  running: number;
  total: number;
  rows: number;
  rejected: number;
  failed: boolean;
}

/** The state of each node of a run's graph, by its id. */
export function nodeStates(run: RunView, inFlight: readonly TaskInFlight[]): Record<string, NodeLive> {
  const { plan } = run;
  if (plan === null) return {};
  const tallies = tallyTasks(run, plan, new Map(inFlight.map((task) => [task.task, task])));
  const checks = reportChecks(run);
  const nodes: Record<string, NodeLive> = {};
  for (const [id, tally] of tallies) {
    const name = id.slice(id.indexOf(':') + 1);
    const own = /^(table|model):/.test(id) ? checks.filter(({ table }) => table === name) : [];
    nodes[id] = {
      state: stateOf(tally, own, run),
      rows: tally.done + tally.running === 0 ? null : tally.rows,
      rejected: tally.rejected,
      tasks_done: tally.done,
      tasks_running: tally.running,
      tasks_total: tally.total,
      checks: own.length === 0 ? null : countChecks(own),
    };
  }
  return nodes;
}

function tallyTasks(
  run: RunView,
  plan: Plan,
  inFlight: ReadonlyMap<string, TaskInFlight>,
): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  const tallyOf = (id: string) => {
    const known = tallies.get(id) ?? { done: 0, running: 0, total: 0, rows: 0, rejected: 0, failed: false };
    tallies.set(id, known);
    return known;
  };
  const models = new Set(plan.models.map(({ name }) => name));
  for (const { name } of plan.sources) tallyOf(nodeId('source', name));
  const failedTask = run.status === 'failed' ? (run.failure?.task ?? null) : null;
  for (const task of plan.tasks) {
    const manifest = run.manifests.get(task.id);
    const working = manifest === undefined ? inFlight.get(task.id) : undefined;
    for (const id of nodesOf(task, models)) {
      const tally = tallyOf(id);
      if (task.id === failedTask) tally.failed = true;
      // Checks are counted by themselves; here they only tell of a failure.
      if (task.kind === 'check') continue;
      tally.total += 1;
      tally.done += manifest === undefined ? 0 : 1;
      tally.running += working === undefined ? 0 : 1;
      const files = manifest?.extracted?.files ?? [];
      if (id.startsWith('source:')) {
        tally.rows += manifest === undefined ? (working?.rows ?? 0) : sum(files, (file) => file.seen);
        tally.rejected += manifest?.extracted?.rejects.records ?? working?.rejected ?? 0;
      } else if (id.startsWith('table:')) {
        const table = id.slice('table:'.length);
        const outputs = manifest?.outputs.filter((output) => output.table === table) ?? [];
        // A worker counts the rows of all tables it fills together.
        const begun = task.kind === 'extract' && task.tables.length === 1 ? (working?.rows ?? 0) : 0;
        tally.rows += manifest === undefined ? begun : sum(outputs, (output) => output.rows);
      } else tally.rows += manifest === undefined ? (working?.rows ?? 0) : rowsOf(manifest);
    }
  }
  return tallies;
}

function nodesOf(task: Task, models: ReadonlySet<string>): string[] {
  switch (task.kind) {
    case 'extract':
      return [nodeId('source', task.source), ...task.tables.map((table) => nodeId('table', table))];
    case 'model':
      return [nodeId('model', task.model)];
    case 'check':
      return [nodeId(models.has(task.table) ? 'model' : 'table', task.table)];
    case 'load':
      return [nodeId('destination', String(task.destination))];
  }
}

function stateOf(tally: Tally, checks: readonly CheckReport[], { status }: RunView): NodeState {
  if (tally.failed || checks.some((check) => check.status === 'error')) return 'failed';
  if (tally.done === tally.total) return checks.some((check) => check.status === 'warn') ? 'warned' : 'done';
  if (status === 'cancelled') return 'cancelled';
  if (status === 'failed') return 'waiting';
  return tally.running > 0 || tally.done > 0 ? 'running' : 'waiting';
}
