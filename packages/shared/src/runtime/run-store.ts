import { createHash } from 'node:crypto';

import { readBundle, type Bundle } from '../contracts/bundle-v1.ts';
import { readManifest } from '../contracts/manifest-v1.ts';
import { readPlan } from '../contracts/plan-v1.ts';
import { writeJson } from '../contracts/read-json.ts';
import { readDecision, readFailure, readRequest } from '../contracts/run-files.ts';
import { bucketLayout, sequenceOfRetryKey, taskOfManifestKey } from '../core/bucket-layout.ts';
import type { RunDecision } from '../core/decision.ts';
import { fail } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';
import { didYouMean } from '../core/nearest-name.ts';
import type { Plan } from '../core/plan.ts';
import type { RunRetry } from '../core/retry.ts';
import type { PrunedRecord, RunFailure, RunRequest } from '../core/run.ts';
import { runStatus, TERMINAL_STATUSES, type RunStatus } from '../core/status.ts';
import type { Bucket } from '../ports/bucket.ts';
import { readPruned } from './pruned.ts';
import { orDamage, unlessDamaged } from './unless-damaged.ts';

/** How far a run has come. */
export interface RunStanding {
  readonly request: RunRequest;
  readonly plan: Plan | null;
  /** Ids of the tasks that have a manifest. */
  readonly done: ReadonlySet<string>;
  /** The current one: 1 and the number of retries. */
  readonly round: number;
  /** Of the current round. */
  readonly failure: RunFailure | null;
  readonly decision: RunDecision | null;
  readonly status: RunStatus;
}

/** All that the bucket knows of a run. */
export interface RunState extends RunStanding {
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** What was given up of its data, the oldest first. */
  readonly pruned: readonly PrunedRecord[];
}

export interface RunStore {
  /** Ids of runs, newest first. */
  list(limit?: number): Promise<string[]>;
  /**
   * Throws `run_not_found`. A plan or decision that is damaged is left out of a run that has ended, and a manifest of one
   * that has failed or was cancelled.
   */
  load(run: string): Promise<RunState>;
  /** Without the content of manifests. @returns null for a run that was not requested */
  standing(run: string): Promise<RunStanding | null>;
  request(run: string): Promise<RunRequest | null>;
  plan(run: string): Promise<Plan | null>;
  /** The current round of a run: 1 and the number of retries. */
  round(run: string): Promise<number>;
  /** By default of the current round. */
  failure(run: string, round?: number): Promise<RunFailure | null>;
  decision(run: string): Promise<RunDecision | null>;
  isCancelled(run: string): Promise<boolean>;
  bundle(pipeline: string, hash: string): Promise<Bundle>;
  /** Ids of the tasks that have a manifest. */
  done(run: string): Promise<ReadonlySet<string>>;
  /**
   * Whether all of these have a manifest. Made for asking after each commit of a large run: what is known to be done
   * is not looked for again, and the first one that is not done ends the search.
   */
  areDone(run: string, tasks: readonly string[]): Promise<boolean>;
  manifest(run: string, task: string): Promise<Manifest | null>;
  /** Of those tasks that have one, by task id, in the order of `tasks`. */
  manifests(run: string, tasks: Iterable<string>): Promise<Map<string, Manifest>>;
  /** Create-if-absent; the first of several callers wins. @returns whether this call created it */
  commitPlan(plan: Plan): Promise<boolean>;
  commitManifest(manifest: Manifest): Promise<boolean>;
  commitFailure(failure: RunFailure): Promise<boolean>;
  /** Starts a round. */
  commitRetry(retry: RunRetry): Promise<boolean>;
  /** Decides whether a run is published or cancelled, unless that is decided. @returns the decision that stands */
  decide(wish: RunDecision): Promise<RunDecision>;
}

/** What is kept of plans and manifests in memory: they never change, but a service may see thousands of runs. */
const CACHED_RUNS = 20;
/** Tasks, inputs and manifests of all runs kept, at about 2 KB each. The run in use is kept whatever its size. */
const CACHED_ENTRIES = 25_000;
/** Files of a run read at a time: all at once, a large run would need more open files than a process may have. */
const PARALLEL_READS = 16;

export function createRunStore(bucket: Bucket): RunStore {
  const cache = createRunCache();

  async function plan(run: string): Promise<Plan | null> {
    const cached = cache.get(run);
    if (cached.plan === null) {
      const key = bucketLayout.plan(run);
      const content = await bucket.read(key);
      cached.plan = content === null ? null : requireOwn(readPlan(content, key), { run }, key);
    }
    return cached.plan;
  }

  async function manifest(run: string, task: string): Promise<Manifest | null> {
    const { manifests } = cache.get(run);
    const known = manifests.get(task);
    if (known !== undefined) return known;
    const key = bucketLayout.manifest(run, task);
    const content = await bucket.read(key);
    if (content === null) return null;
    const read = requireOwn(readManifest(content, key), { run, task }, key);
    manifests.set(task, read);
    return read;
  }

  const bundle = (pipeline: string, hash: string) => loadBundle(bucket, pipeline, hash);

  async function areDone(run: string, tasks: readonly string[]): Promise<boolean> {
    const known = cache.get(run).done;
    for (const task of tasks) {
      if (known.has(task)) continue;
      if (!(await bucket.exists(bucketLayout.manifest(run, task)))) return false;
      known.add(task);
    }
    return true;
  }

  async function request(run: string): Promise<RunRequest | null> {
    const cached = cache.get(run);
    const key = bucketLayout.request(run);
    const content = cached.request === null ? await bucket.read(key) : null;
    if (content !== null) cached.request = requireOwn(readRequest(content, key), { run }, key);
    return cached.request;
  }

  async function load(run: string): Promise<RunState> {
    const found = await readStanding(bucket, { request, plan, bundle }, run);
    if (found === null) throw await runNotFound(bucket, run);
    const isUnpublished = found.status === 'failed' || found.status === 'cancelled';
    const whole = isUnpublished ? unlessDamaged : <T>(read: Promise<T>) => read;
    const manifests = await readAll(found.done, cache.get(run).manifests, (task) =>
      whole(manifest(run, task)),
    );
    return { ...found, manifests, pruned: await readPruned(bucket, run) };
  }

  return {
    list: (limit) => listRuns(bucket, limit),
    load,
    standing: (run) => readStanding(bucket, { request, plan, bundle }, run),
    request,
    plan,
    round: (run) => readRound(bucket, run),
    failure: async (run, round) => readFailureOf(bucket, run, round ?? (await readRound(bucket, run))),
    done: (run) => readDone(bucket, run),
    areDone,
    manifest,
    manifests: (run, tasks) => readAll(tasks, cache.get(run).manifests, (task) => manifest(run, task)),
    bundle,
    ...commitsOf(bucket),
    ...decisionsOf(bucket),
  };
}

/** Damage counts as long as a run has not ended. */
async function readStanding(
  bucket: Bucket,
  files: Pick<RunStore, 'request' | 'plan' | 'bundle'>,
  run: string,
): Promise<RunStanding | null> {
  const request = await files.request(run);
  if (request === null) return null;
  const round = await readRound(bucket, run);
  const [done, failure, decided] = await Promise.all([
    readDone(bucket, run),
    readFailureOf(bucket, run, round),
    orDamage(readDecisionOf(bucket, run)),
  ]);
  const planned = await orDamage(files.plan(run));
  const tasks = planned.damage === null ? planned.value : await declared(files, run);
  const status = runStatus(tasks, done, failure, decided.value);
  const damage = planned.damage ?? decided.damage;
  if (damage !== null && !TERMINAL_STATUSES.includes(status)) throw damage;
  return { request, plan: planned.value, done, round, failure, decision: decided.value, status };
}

async function declared(files: Pick<RunStore, 'request' | 'bundle'>, run: string) {
  // Not needed as a rule, and what reads pipelines takes time to load.
  const { declaredLoads } = await import('./declared-loads.ts');
  return declaredLoads(files, run);
}

type Commits = Pick<RunStore, 'commitPlan' | 'commitManifest' | 'commitFailure' | 'commitRetry'>;

function commitsOf(bucket: Bucket): Commits {
  const create = (key: string, made: object) => bucket.createIfAbsent(key, writeJson(made));
  return {
    commitPlan: (made) => create(bucketLayout.plan(made.run), made),
    commitManifest: (made) => create(bucketLayout.manifest(made.run, made.task), made),
    commitFailure: (made) => create(bucketLayout.failure(made.run, made.round), made),
    commitRetry: (made) => create(bucketLayout.retry(made.run, made.round - 1), made),
  };
}

async function listRuns(bucket: Bucket, limit = Number.POSITIVE_INFINITY): Promise<string[]> {
  const keys = await bucket.list(bucketLayout.runs);
  const runs = keys.map((key) => key.slice(bucketLayout.runs.length, -1));
  return runs.reverse().slice(0, limit);
}

async function readDone(bucket: Bucket, run: string): Promise<ReadonlySet<string>> {
  const keys = await bucket.list(bucketLayout.tasks(run));
  return new Set(keys.map(taskOfManifestKey).filter((task) => task !== null));
}

async function readRound(bucket: Bucket, run: string): Promise<number> {
  const keys = await bucket.list(bucketLayout.retries(run));
  return 1 + Math.max(0, ...keys.map((key) => sequenceOfRetryKey(key) ?? 0));
}

async function readFailureOf(bucket: Bucket, run: string, round: number): Promise<RunFailure | null> {
  const key = bucketLayout.failure(run, round);
  const content = await bucket.read(key);
  return content === null ? null : requireOwn(readFailure(content, key), { run, round }, key);
}

function decisionsOf(bucket: Bucket): Pick<RunStore, 'decision' | 'isCancelled' | 'decide'> {
  return {
    decision: (run) => readDecisionOf(bucket, run),
    isCancelled: async (run) => (await readDecisionOf(bucket, run))?.decision === 'cancel',
    decide: (wish) => decide(bucket, wish),
  };
}

async function readDecisionOf(bucket: Bucket, run: string): Promise<RunDecision | null> {
  const key = bucketLayout.decision(run);
  const content = await bucket.read(key);
  return content === null ? null : requireOwn(readDecision(content, key), { run }, key);
}

async function decide(bucket: Bucket, wish: RunDecision): Promise<RunDecision> {
  const key = bucketLayout.decision(wish.run);
  if (await bucket.createIfAbsent(key, writeJson(wish))) return wish;
  const standing = await readDecisionOf(bucket, wish.run);
  if (standing !== null) return standing;
  throw fail('bucket_unavailable', {
    message: 'The decision of a run vanished while it was read.',
    where: key,
  });
}

/** In the order of `tasks`. Of 10 000 that are known, to wait for each would take longer than all else. */
async function readAll(
  tasks: Iterable<string>,
  known: ReadonlyMap<string, Manifest>,
  read: (task: string) => Promise<Manifest | null>,
): Promise<Map<string, Manifest>> {
  const ids = [...tasks];
  const unknown = ids.filter((id) => !known.has(id));
  const found = new Map<string, Manifest>();
  for (let at = 0; at < unknown.length; at += PARALLEL_READS) {
    const made = await Promise.all(unknown.slice(at, at + PARALLEL_READS).map(read));
    for (const manifest of made) if (manifest !== null) found.set(manifest.task, manifest);
  }
  return new Map(
    ids.flatMap((id) => {
      const manifest = known.get(id) ?? found.get(id);
      return manifest === undefined ? [] : [[id, manifest] as const];
    }),
  );
}

interface CachedRun {
  request: RunRequest | null;
  plan: Plan | null;
  readonly manifests: Map<string, Manifest>;
  /** Tasks seen to have a manifest. */
  readonly done: Set<string>;
}

function createRunCache(): { get(run: string): CachedRun } {
  const runs = new Map<string, CachedRun>();
  return {
    get(run) {
      const known = runs.get(run) ?? { request: null, plan: null, manifests: new Map(), done: new Set() };
      // Deleting first moves the run to the end: a Map remembers the order of insertion.
      runs.delete(run);
      runs.set(run, known);
      while (runs.size > 1 && (runs.size > CACHED_RUNS || entriesOf(runs.values()) > CACHED_ENTRIES)) {
        const oldest = runs.keys().next().value;
        if (oldest !== undefined) runs.delete(oldest);
      }
      return known;
    },
  };
}

function entriesOf(runs: Iterable<CachedRun>): number {
  let entries = 0;
  for (const { plan, manifests } of runs)
    entries += manifests.size + (plan === null ? 0 : plan.tasks.length + plan.inputs.length);
  return entries;
}

/** Whole files may change places: what a file says it is must be what it is asked for as. */
function requireOwn<T extends object>(found: T, asked: Partial<T>, key: string): T {
  for (const name of Object.keys(asked) as (keyof T & string)[]) {
    if (found[name] !== asked[name]) throw misplaced(key, `${name} ${String(found[name])}`);
  }
  return found;
}

function misplaced(key: string, whose: string): Error {
  return fail('record_corrupt', {
    message: `A file of millrace is not the one that belongs here: it is of ${whose}.`,
    where: key,
    hint: 'Files of the bucket were moved or copied from outside. What depends on it is not used; run the pipeline again.',
  });
}

async function loadBundle(bucket: Bucket, pipeline: string, hash: string): Promise<Bundle> {
  const key = bucketLayout.bundle(pipeline, hash);
  const content = await bucket.read(key);
  if (content !== null) {
    const found = createHash('sha256').update(content).digest('hex');
    if (found !== hash) throw misplaced(key, `hash ${found}`);
    return requireOwn(readBundle(content, key), { pipeline }, key);
  }
  throw fail('pipeline_not_found', {
    message: `The pipeline '${pipeline}' of hash ${hash} is not in this bucket.`,
    where: key,
    hint: 'The worker and the CLI must use the same bucket: compare MILLRACE_BUCKET.',
  });
}

async function runNotFound(bucket: Bucket, run: string): Promise<Error> {
  const known = await listRuns(bucket, 1000);
  return fail('run_not_found', {
    message: `There is no run '${run}'.${didYouMean(run, known)}`,
    hint:
      known.length === 0
        ? 'Nothing has run yet: `millrace run <pipeline> --wait`.'
        : '`millrace runs` lists them.',
  });
}
