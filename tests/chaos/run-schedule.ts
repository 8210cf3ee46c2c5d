import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Engine } from '@millrace/shared/adapters/duckdb';
import { TERMINAL_STATUSES } from '@millrace/shared/core/status';

import { queryRows } from '../support/published.ts';
import type { Service } from '../support/test-stack.ts';
import { until } from '../support/until.ts';
import type { Fault } from './fault.ts';
import { checkOutcome, type EndedRun } from './harness/check-outcome.ts';
import { startCluster, type Cluster } from './harness/cluster.ts';
import { TABLES, type Dataset } from './harness/dataset.ts';
import type { PrivateBuild } from './harness/private-build.ts';
import { startReader } from './harness/reader.ts';
import { requestFullRun, requestRetry, requestRun } from './harness/request.ts';
import { openRunFolder } from './harness/run-folder.ts';
import { lookForSightings } from './harness/sightings.ts';
import { strike, type Scene } from './harness/strike.ts';
import { wrongClock } from './harness/wrong-clock.ts';
import type { Outcome, Sightings, StruckFault } from './outcome.ts';
import type { Schedule } from './schedule.ts';

interface Environment {
  readonly build: PrivateBuild;
  readonly dataset: Dataset;
  readonly engine: Engine;
  /** Exists, is empty, and its path is short. */
  readonly folder: string;
}

/** A fault whose moment does not come strikes then, if its run has not ended before. */
const MOMENT_MAX_MS = 12_000;
const REQUESTED_MAX_MS = 90_000;
const RECORDED_MAX_MS = 15_000;
export const UNSEEN: Sightings = {
  fenced: 0,
  reconciled: 0,
  handedBack: 0,
  triedAgain: 0,
  stalls: 0,
  orphans: 0,
  restarts: 0,
};

/** Does all that a schedule says to a cluster of its own, waits until every run has ended, and checks what came of it. */
export async function runSchedule(schedule: Schedule, environment: Environment): Promise<Outcome> {
  const startedAt = performance.now();
  const now = () => Math.round(performance.now() - startedAt);
  const { dataset, engine } = environment;
  const cluster = await startCluster(environment.build, environment.folder, {
    MILLRACE_SHUTDOWN_TIMEOUT_MS: String(schedule.shutdownMs),
  });
  const pipeline = path.join(cluster.folder, 'storefront');
  const database = path.join(pipeline, 'final_analytics.db');
  await cp(dataset.pipeline, pipeline, { recursive: true });
  const reader = startReader(database, TABLES);
  const scene = createScene(cluster, pipeline, dataset);
  const { violations, faults, runs } = scene;
  let [recoveryMs, sightings, last] = [0, UNSEEN, null as string | null];
  try {
    startWorkers(cluster, schedule);
    const striking = schedule.faults.map((fault) => strikeInTime(scene, fault, now));
    await Promise.all([requestAll(scene, schedule), ...striking]);
    await untilEnded(scene, schedule.patienceMs);
    // A worker with a wrong clock works until the end: it is over with the run, and nothing recovers from it.
    const ends = faults.filter(({ kind }) => kind !== 'clock').map(({ endedAtMs }) => endedAtMs);
    if (ends.length > 0) recoveryMs = Math.max(0, now() - Math.max(...ends));
    const failed = (await endsOf(scene, null)).filter(({ status }) => status === 'failed');
    if (schedule.retry) {
      for (const { run } of failed) await requestRetry(cluster, run);
      await untilEnded(scene, schedule.patienceMs);
    }
    if (failed.length > 0) {
      last = await requestFullRun(cluster, pipeline);
      runs.push(last);
      await untilEnded(scene, schedule.patienceMs);
      await untilRecorded(scene, database);
    }
    sightings = await lookForSightings(cluster, runs, sum(Object.values(schedule.workers)));
  } catch (error) {
    violations.push(error instanceof Error ? error.message : String(error));
  }
  violations.push(...(await cluster.stop()));
  const seen = await reader.stop();
  const ended = await endsOf(scene, last);
  const count = (status: EndedRun['status']) => ended.filter((run) => run.status === status).length;
  violations.push(...seen.violations);
  violations.push(...(await checkOutcome({ cluster, dataset, engine, database, faults, runs: ended })));
  return {
    seed: schedule.seed,
    violations,
    faults,
    reader: seen,
    published: count('published'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    recoveryMs,
    durationMs: now(),
    sightings,
  };
}

function startWorkers(cluster: Cluster, { workers, faults }: Schedule): void {
  for (const [service, count] of Object.entries(workers)) {
    const clock = faults.find((fault) => fault.kind === 'clock' && fault.service === service);
    const settings = clock?.kind === 'clock' ? wrongClock(clock.skewMs) : {};
    for (let worker = 0; worker < count; worker += 1) cluster.supervise(service as Service, settings);
  }
}

/** What a schedule in progress has come to. */
interface Progress extends Scene {
  readonly runs: string[];
  readonly faults: StruckFault[];
  readonly violations: string[];
}

function createScene(cluster: Cluster, pipeline: string, { changed }: Dataset): Progress {
  const hasEnded = async (run: string) => TERMINAL_STATUSES.includes((await cluster.store.load(run)).status);
  return { cluster, pipeline, changed, hasEnded, runs: [], faults: [], violations: [] };
}

async function strikeInTime(scene: Progress, fault: Fault, now: () => number): Promise<void> {
  const { at } = fault;
  await until(() => scene.runs.length > at.run, `run ${at.run + 1} is requested`, REQUESTED_MAX_MS);
  const run = scene.runs[at.run] as string;
  const folder = openRunFolder(scene.cluster.bucket, run);
  const deadline = Date.now() + MOMENT_MAX_MS;
  for (let look = 0; Date.now() < deadline && !folder.hasReached(at.on); look += 1) {
    // Moments pass quickly, and ends do not: what costs more is looked at less often.
    if (look % 10 === 0 && (await scene.hasEnded(run))) break;
    await delay(5);
  }
  await delay(at.afterMs);
  const atMs = now();
  const struck = await strike(scene, run, fault);
  scene.faults.push({ kind: fault.kind, run, ...struck, atMs, endedAtMs: now() });
}

async function requestAll(scene: Progress, { runs, patienceMs }: Schedule): Promise<void> {
  for (const [index, { commands, together }] of runs.entries()) {
    if (!together) await untilEnded(scene, patienceMs);
    scene.runs.push(await requestRun(scene.cluster, scene.pipeline, `run ${index}`, commands));
  }
}

async function untilEnded(scene: Progress, patienceMs: number): Promise<void> {
  const open = async () => {
    const ended = await Promise.all(scene.runs.map((run) => scene.hasEnded(run)));
    return scene.runs.filter((_, index) => !ended[index]);
  };
  // What a fault takes, such as a worker that is stopped until its run has ended, counts as well.
  const deadline = Date.now() + patienceMs;
  while ((await open()).length > 0) {
    if (Date.now() > deadline)
      throw new Error(`Not every run ended within ${patienceMs} ms: ${await told(scene)}`);
    await delay(50);
  }
}

async function told(scene: Progress): Promise<string> {
  return (await endsOf(scene, null)).map(({ run, status }) => `${run} is ${status}`).join(', ');
}

/** A run that failed gets its row in the history of the destination, by a job that may have been lost meanwhile. */
async function untilRecorded(scene: Progress, database: string): Promise<void> {
  const planned = (await endsOf(scene, null))
    .filter(
      ({ run, status }) => status === 'failed' && openRunFolder(scene.cluster.bucket, run).tasks() !== null,
    )
    .map(({ run }) => run);
  const recorded = () =>
    existsSync(database)
      ? queryRows(database, "SELECT run_id FROM _millrace_runs WHERE status = 'failed'").map(
          (row) => row['run_id'],
        )
      : [];
  const areRecorded = () => planned.every((run) => recorded().includes(run));
  await until(areRecorded, `failed runs ${planned.join(', ')} are in the history`, RECORDED_MAX_MS);
}

async function endsOf({ cluster, runs }: Progress, last: string | null): Promise<EndedRun[]> {
  return Promise.all(
    runs.map(async (run) => {
      const { status, failure } = await cluster.store.load(run);
      const { code = '', message = '', where = '' } = failure?.error ?? {};
      const told = failure === null ? null : { code, text: `${code}: ${message} (${where ?? ''})` };
      return { run, status, failure: told, isLast: run === last };
    }),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
