import { readFileSync, renameSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { connectOrFail } from '@millrace/shared/adapters/redis-connection';

import type { Service } from '../../support/test-stack.ts';
import type { Fault } from '../fault.ts';
import type { StruckFault } from '../outcome.ts';
import type { Cluster } from './cluster.ts';
import { openRunFolder } from './run-folder.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What faults are done to. */
export interface Scene {
  readonly cluster: Cluster;
  /** The pipeline in use. */
  readonly pipeline: string;
  /** Order files as they are after `source_change`. */
  readonly changed: ReadonlyMap<string, Buffer>;
  /** Runs that were requested so far. */
  readonly runs: readonly string[];
  hasEnded(run: string): Promise<boolean>;
}

type Strike = Pick<StruckFault, 'hit' | 'note' | 'object'>;

const STAGE: Readonly<Record<Service, string>> = {
  extractor: 'extract',
  transformer: 'transform',
  loader: 'load',
};
const RECOVERY_WAIT_MS = 6000;
const FREEZE_MAX_MS = 15_000;
const CLOCK_MAX_MS = 15_000;
const CANCEL_MAX_MS = 20_000;
const INFRASTRUCTURE_EXIT = 3;

/** Does one fault, and returns when it is over. */
export async function strike(scene: Scene, run: string, fault: Fault): Promise<Strike> {
  const { cluster } = scene;
  const { redis } = cluster;
  switch (fault.kind) {
    case 'kill':
      return killAgainAndAgain(cluster, fault);
    case 'terminate': {
      const busy = await isBusy(cluster, fault.service);
      for (const worker of cluster.living(fault.service)) worker.send('SIGTERM');
      return { hit: busy, note: busy ? 'in mid-task' : 'idle' };
    }
    case 'freeze':
      return freeze(scene, run, fault);
    case 'stutter':
      return stutter(cluster, fault);
    case 'clock':
      return watchWrongClock(scene, run, fault);
    case 'cancel':
      return cancel(scene, run);
    case 'redis_kill':
    case 'redis_cut': {
      const hit = !(await scene.hasEnded(run));
      const cut = await redis.breakDown(fault.downMs, fault.kind === 'redis_cut' ? fault.bytes : 0);
      return { hit: hit && (fault.kind === 'redis_kill' || cut > 0), note: `${cut} bytes cut` };
    }
    case 'redis_pause': {
      const hit = !(await scene.hasEnded(run));
      redis.pause();
      await delay(fault.forMs);
      redis.resume();
      return { hit, note: '' };
    }
    case 'redis_flush': {
      const hit = !(await scene.hasEnded(run));
      await redis.flush();
      return { hit, note: '' };
    }
    case 'source_change':
      return changeSource(scene, run, fault.how);
    case 'damage':
      return damage(cluster.bucket, run, fault);
  }
}

async function killAgainAndAgain(cluster: Cluster, fault: Fault & { kind: 'kill' }): Promise<Strike> {
  let hits = 0;
  let orphaned: readonly string[] = [];
  for (let time = 0; time < fault.times; time += 1) {
    if (time > 0) await untilTakenOver(cluster, fault, orphaned);
    await Promise.all(cluster.living(fault.service).map((worker) => worker.kill('SIGKILL')));
    orphaned = await locksOf(cluster, fault.service);
    if (orphaned.length > 0) hits += 1;
  }
  return { hit: hits > 0, note: `${hits} of ${fault.times} in mid-task` };
}

/** A worker has taken a job, or the one it is aimed at, that was not held so before, or none will. */
async function untilTakenOver(
  cluster: Cluster,
  { service, aimed }: Fault & { kind: 'kill' },
  before: readonly string[],
): Promise<void> {
  const deadline = Date.now() + RECOVERY_WAIT_MS;
  const jobs = before.map(jobOf);
  const isMeant = (lock: string) =>
    !before.includes(lock) && (aimed === undefined || jobs.length === 0 || jobs.includes(jobOf(lock)));
  while (Date.now() < deadline && !(await locksOf(cluster, service)).some(isMeant)) await delay(20);
}

const jobOf = (lock: string) => lock.split(' ', 1)[0];

async function isBusy(cluster: Cluster, service: Service): Promise<boolean> {
  return (await locksOf(cluster, service)).length > 0;
}

/**
 * By which job and which worker's token a service's jobs are held; none when Redis does not answer. Those of dead
 * and of stopped workers are among them, until their time has lapsed.
 */
async function locksOf(cluster: Cluster, service: Service): Promise<readonly string[]> {
  const queue = `{millrace}:${STAGE[service]}`;
  try {
    const redis = await connectOrFail(cluster.redis.url, 500);
    try {
      const jobs = await redis.lrange(`${queue}:active`, 0, -1);
      const tokens = await Promise.all(jobs.map((job) => redis.get(`${queue}:${job}:lock`)));
      return jobs.flatMap((job, index) => (tokens[index] ? [`${job} ${tokens[index]}`] : []));
    } finally {
      redis.disconnect();
    }
  } catch {
    return [];
  }
}

async function freeze(scene: Scene, run: string, fault: Fault & { kind: 'freeze' }): Promise<Strike> {
  const { cluster } = scene;
  const frozen = cluster.living(fault.service).filter((worker) => worker.isReady());
  for (const worker of frozen) worker.send('SIGSTOP');
  const busy = frozen.length > 0 && (await isBusy(cluster, fault.service));
  const other = cluster.supervise(fault.service);
  const deadline = Date.now() + FREEZE_MAX_MS;
  while (!other.isReady() && other.isAlive() && Date.now() < deadline) await delay(20);
  if (fault.forMs !== null) await delay(fault.forMs);
  else while (Date.now() < deadline && !(await scene.hasEnded(run))) await delay(50);
  for (const worker of frozen) worker.send('SIGCONT');
  return { hit: busy, note: `${frozen.length} stopped, ${busy ? 'in mid-task' : 'idle'}` };
}

async function stutter(cluster: Cluster, fault: Fault & { kind: 'stutter' }): Promise<Strike> {
  let hits = 0;
  for (let time = 0; time < fault.times; time += 1) {
    const stopped: WorkerProcess[] = cluster.living(fault.service);
    for (const worker of stopped) worker.send('SIGSTOP');
    if (await isBusy(cluster, fault.service)) hits += 1;
    await delay(fault.eachMs);
    for (const worker of stopped) worker.send('SIGCONT');
    await delay(50);
  }
  return { hit: hits > 0, note: `${hits} of ${fault.times} in mid-task` };
}

/** The worker was started with its clock; here is only seen whether it worked. */
async function watchWrongClock(
  scene: Scene,
  run: string,
  { service }: Fault & { kind: 'clock' },
): Promise<Strike> {
  const deadline = Date.now() + CLOCK_MAX_MS;
  while (Date.now() < deadline && !(await scene.hasEnded(run))) await delay(50);
  const workers = scene.cluster.workers.filter((worker) => worker.service === service);
  const done = workers.flatMap(({ lines }) => lines).filter(({ msg }) => msg === 'done').length;
  return { hit: done > 0, note: `${done} tasks done` };
}

/** As somebody who tries again while Redis is away. */
async function cancel(scene: Scene, run: string): Promise<Strike> {
  const hit = !(await scene.hasEnded(run));
  const deadline = Date.now() + CANCEL_MAX_MS;
  for (;;) {
    const { code, stderr } = await scene.cluster.cli('cancel', run);
    if (code !== INFRASTRUCTURE_EXIT || Date.now() > deadline)
      return { hit, note: `exit ${code} ${stderr.trim()}` };
  }
}

async function changeSource(scene: Scene, run: string, how: 'rewrite' | 'replace'): Promise<Strike> {
  const orders = path.join(scene.pipeline, 'data/orders');
  const folder = openRunFolder(scene.cluster.bucket, run);
  const isRead = folder.hasReached('modeling') || (await scene.hasEnded(run));
  for (const [name, content] of scene.changed) {
    const file = path.join(orders, name);
    const target = how === 'replace' ? `${file}.new` : file;
    writeFileSync(target, content);
    if (how === 'replace') renameSync(target, file);
  }
  return { hit: folder.hasReached('planned') && !isRead, note: how };
}

/** Damages one committed object that the run has still to read, if there is one. */
async function damage(bucket: string, run: string, fault: Fault & { kind: 'damage' }): Promise<Strike> {
  const objects = openRunFolder(bucket, run)
    .manifests()
    .flatMap(({ outputs }) => outputs.flatMap(({ batches }) => batches));
  const object = objects[fault.pick % Math.max(1, objects.length)];
  if (object === undefined) return { hit: false, note: 'no object' };
  const file = path.join(bucket, object.key);
  if (fault.how === 'delete') unlinkSync(file);
  else if (fault.how === 'truncate') truncateSync(file, Math.floor(statSync(file).size / 2));
  else flipBit(file, fault.pick);
  return { hit: true, note: fault.how, object: object.key };
}

function flipBit(file: string, pick: number): void {
  const content = readFileSync(file);
  // Not in the footer, most of which nobody reads.
  const at = (pick * 7919) % Math.ceil(content.length / 2);
  content[at] = (content[at] ?? 0) ^ (1 << (pick % 8));
  writeFileSync(file, content);
}
