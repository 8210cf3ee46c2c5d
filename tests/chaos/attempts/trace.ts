import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import type { Message } from '@millrace/shared/contracts/message';

import type { Strace } from './find-strace.ts';

const DRIVER = path.join(import.meta.dirname, 'attempt-process.mjs');

/**
 * Calls that change what is on disk or make it durable, and those that open a file. A question mark: not every
 * processor's Linux has it.
 */
const CHANGING =
  'openat,?open,?mkdir,?mkdirat,write,writev,pwrite64,pwritev,?fallocate,ftruncate,fsync,fdatasync,?link,?linkat,' +
  '?symlink,?symlinkat,?rename,?renameat,?renameat2,?unlink,?unlinkat,?rmdir';

/** Calls that read what is on disk. */
const READING = 'read,?readv,?pread64,?preadv';

/** A system call of an attempt: the `nth` of this name, in its thread, that concerns this path. */
export interface CallPoint {
  readonly call: string;
  readonly path: string;
  readonly nth: number;
}

export interface TracedCall extends CallPoint {
  /** Places in the order of what strace saw; a call that began before another ended ran beside it. */
  readonly begun: number;
  readonly ended: number;
  /** All paths that it names. */
  readonly paths: readonly string[];
  readonly flags: string;
  /** What it returned, when that is known. */
  readonly result: string;
}

export interface AttemptFailure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly where?: string;
  readonly retry?: string;
}

export interface AttemptEnd {
  /** How the process ended; null for one that ended by a signal. */
  readonly exitCode: number | null;
  /** Null when the attempt did what it should, or said nothing because it was killed. */
  readonly failure: AttemptFailure | null;
  readonly stderr: string;
  readonly calls: readonly TracedCall[];
}

export interface AttemptOrder {
  readonly home: string;
  readonly message: Message;
  readonly attempt: string;
}

/** What is to happen at a point: the process is killed before the call is made, or the call fails without being made. */
export type Injection =
  | { readonly kind: 'kill'; readonly point: CallPoint }
  | { readonly kind: 'error'; readonly point: CallPoint; readonly errno: string; readonly forEver: boolean };

/**
 * Makes an attempt in a process of its own under strace. Without an injection all calls on paths below `folder` are
 * listed, in their order; with one only those of its name on its path.
 */
export async function traceAttempt(
  strace: Strace,
  order: AttemptOrder,
  folder: string,
  injection: Injection | null = null,
): Promise<AttemptEnd> {
  const log = path.join(folder, `${order.attempt}.strace`);
  const options = ['-f', '-qqq', '-y', '-s', '0', '-e', 'signal=none', '-o', log];
  // Looks at no other calls than those of the filter, which is faster; but then a signal is not delivered.
  if (injection?.kind !== 'kill') options.push('--seccomp-bpf');
  const child = spawn(
    strace.command,
    [...options, ...filter(injection), process.execPath, DRIVER, JSON.stringify(order)],
    {
      // With one thread for files, the same call comes from the same thread every time.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1', LD_LIBRARY_PATH: strace.libraryPath },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const calls = parseTrace(await readFile(log, 'utf8'), folder);
  await rm(log);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  const { failure } = (line.startsWith('{') ? JSON.parse(line) : { failure: null }) as Pick<
    AttemptEnd,
    'failure'
  >;
  return { exitCode, failure, stderr, calls };
}

function filter(injection: Injection | null): string[] {
  if (injection === null) return ['-e', `trace=${CHANGING},${READING}`];
  const { call, path: target, nth } = injection.point;
  const what =
    injection.kind === 'kill'
      ? `signal=KILL:when=${nth}`
      : `error=${injection.errno}:when=${nth}${injection.forEver ? '+' : ''}`;
  // All calls on the path are listed: what is done with a file after its sync has failed is of interest.
  return ['-P', target, '-e', `trace=${CHANGING},${READING}`, '-e', `inject=${call}:${what}`];
}

const LINE = /^(\d+)\s+(\w+)\((.*)$/;
/** Of a call that took so long that another thread came between. */
const RESUMED = /^(\d+)\s+<[.]{3} \w+ resumed>.* = (.*)$/;
const READS = /^(read|readv|pread64|preadv)$/;
const OF_DESCRIPTOR =
  /^(read|readv|pread64|preadv|write|writev|pwrite64|pwritev|fallocate|ftruncate|fsync|fdatasync)$/;

/** Calls on paths below `folder`, in the order in which they began. */
function parseTrace(text: string, folder: string): TracedCall[] {
  const counts = new Map<string, number>();
  const open = new Map<string, { ended: number; result: string }>();
  const calls: TracedCall[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [, waiting = '', end = ''] = RESUMED.exec(line) ?? [];
    const resumed = open.get(waiting);
    if (resumed !== undefined) {
      Object.assign(resumed, { ended: index, result: end });
      open.delete(waiting);
    }
    const [, thread = '', call = '', rest = ''] = LINE.exec(line) ?? [];
    const paths = pathsOf(call, rest).filter(
      (name) => name.startsWith(`${folder}/`) && !name.endsWith('.strace'),
    );
    const [first] = paths;
    const result = / = (.*)$/.exec(rest)?.[1];
    const state = { ended: result === undefined ? Number.POSITIVE_INFINITY : index, result: result ?? '' };
    if (result === undefined && call !== '') open.set(thread, state);
    if (first === undefined) continue;
    for (const one of new Set(paths)) {
      const key = `${thread} ${call} ${one}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const nth = counts.get(`${thread} ${call} ${first}`) ?? 1;
    calls.push(Object.assign(state, { call, path: first, nth, paths, flags: rest, begun: index }));
  }
  return calls;
}

function pathsOf(call: string, args: string): string[] {
  if (OF_DESCRIPTOR.test(call)) return [/^\d+<([^>]*)>/.exec(args)?.[1] ?? ''];
  return [...args.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
}

/** The points of an attempt at which the disk may be left as at no other: each call once, opening only for writing. */
export function pointsOf(calls: readonly TracedCall[]): CallPoint[] {
  const points = new Map<string, CallPoint>();
  for (const { call, path: target, nth, flags } of calls) {
    if (READS.test(call) || (call.startsWith('open') && !/O_(CREAT|WRONLY|RDWR)/.test(flags))) continue;
    points.set(`${call} ${target} ${nth}`, { call, path: target, nth });
  }
  return [...points.values()];
}

/** The reads of an attempt, each once. */
export function readsOf(calls: readonly TracedCall[]): CallPoint[] {
  const points = calls
    .filter(({ call }) => READS.test(call))
    .map(({ call, path: target, nth }): [string, CallPoint] => [
      `${call} ${target} ${nth}`,
      { call, path: target, nth },
    ]);
  return [...new Map(points).values()];
}
