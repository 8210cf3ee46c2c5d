import { doMessage, openTools } from './attempt.mjs';
import type { Strace } from './find-strace.ts';
import { look, requireDone } from './lane-state.ts';
import type { Lane } from './lane.ts';
import {
  pointsOf,
  readsOf,
  traceAttempt,
  type AttemptEnd,
  type AttemptOrder,
  type CallPoint,
  type Injection,
  type TracedCall,
} from './trace.ts';

/** The attempt that things happen to. */
const FIRST = 'b0000000';
const SECOND = 'c0000000';

/** What a sweep over points came to. */
export interface SweepResult {
  /** Points at which something was made to happen, and it did. */
  readonly tried: number;
  /** Points that this attempt never came to; none, unless the order of calls depends on chance. */
  readonly missed: readonly string[];
  readonly violations: readonly string[];
  /** How many attempts ended in which way. */
  readonly ends: Readonly<Record<string, number>>;
}

/** All calls of an attempt that nothing happens to, after which the lane is as it was before. */
export async function traceUndisturbed(strace: Strace, lane: Lane): Promise<readonly TracedCall[]> {
  const { exitCode, failure, stderr, calls } = await traceAttempt(strace, orderOf(lane), lane.folder);
  if (exitCode !== 0 || failure !== null)
    throw new Error(`The undisturbed attempt failed (${exitCode}): ${failure?.message ?? stderr}`);
  await requireDone(lane, FIRST);
  await lane.restore();
  return calls;
}

/** The engine reads a file in ten to thirteen parts, as chance has it: an attempt may end without the last of them. */
const MAX_TRIES = 5;

/** The folder that the engine spills to is new for each process, and nothing is ever read from it again. */
export function ownPoints(calls: readonly TracedCall[]): CallPoint[] {
  return pointsOf(calls).filter(isOwn);
}

export function ownReads(calls: readonly TracedCall[]): CallPoint[] {
  return readsOf(calls).filter(isOwn);
}

const isOwn = (point: CallPoint) => !point.path.includes('/spill/');

/**
 * Makes an attempt for each injection, then looks at what can be seen, and has another process finish the task.
 * @param judge says what is wrong with the end of an attempt that was not killed
 */
export async function sweep(
  strace: Strace,
  lane: Lane,
  injections: readonly Injection[],
  judge: (end: AttemptEnd, injection: Injection) => string | null = () => null,
  tell: (injection: Injection, found: { missed: boolean; violation: string | null }) => void = () =>
    undefined,
): Promise<SweepResult> {
  const [missed, violations]: [string[], string[]] = [[], []];
  const ends: Record<string, number> = {};
  for (const injection of injections) {
    const name = describeInjection(lane, injection);
    let [isMissed, wrong]: [boolean, string | null] = [true, null];
    for (let tries = 0; isMissed && wrong === null && tries < MAX_TRIES; tries += 1) {
      if (tries > 0) await lane.restore();
      const end = await traceAttempt(strace, orderOf(lane), lane.folder, injection);
      isMissed = !happened(end, injection);
      const kind = end.failure?.code ?? (end.exitCode === null ? 'killed' : `exit ${end.exitCode}`);
      ends[kind] = (ends[kind] ?? 0) + 1;
      wrong = judge(end, injection) ?? (await whatIsWrong(lane));
    }
    if (isMissed) missed.push(name);
    if (wrong !== null) violations.push(`${name}: ${wrong}`);
    tell(injection, { missed: isMissed, violation: wrong });
    await lane.restore();
  }
  return { tried: injections.length - missed.length, missed, violations, ends };
}

function orderOf(lane: Lane): AttemptOrder {
  return { home: lane.home, message: lane.message, attempt: FIRST };
}

function happened(end: AttemptEnd, injection: Injection): boolean {
  // A model has a process of its own: when that one is killed, its worker goes on to say so.
  if (injection.kind === 'kill')
    return (
      end.exitCode === null || end.calls.some((call) => isAt(call, injection.point) && call.result === '?')
    );
  return end.calls.some(({ result }) => result.includes('INJECTED'));
}

const isAt = (one: TracedCall, { call, path, nth }: CallPoint) =>
  one.call === call && one.path === path && one.nth === nth;

/** Two half states may follow each other: what is seen now, and what another attempt makes of it. */
async function whatIsWrong(lane: Lane): Promise<string | null> {
  try {
    await look(lane);
    const { tools } = await openTools(lane.home);
    await doMessage(tools, lane.message, SECOND);
    await requireDone(lane, FIRST);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The same for the same injection in every lane: ids of runs differ, and names of folders. */
export function describeInjection({ folder, run }: Lane, injection: Injection): string {
  const { call, path, nth } = injection.point;
  const what =
    injection.kind === 'kill' ? 'killed' : `${injection.errno}${injection.forEver ? ' from then on' : ''}`;
  return `${what} at ${call} number ${nth} of ${path.slice(folder.length + 1).replaceAll(run, 'RUN')}`;
}

/** Adds up the results of several sweeps. */
export function sumUp(results: readonly SweepResult[]): SweepResult {
  const ends: Record<string, number> = {};
  for (const result of results)
    for (const [kind, count] of Object.entries(result.ends)) ends[kind] = (ends[kind] ?? 0) + count;
  return {
    tried: results.reduce((sum, { tried }) => sum + tried, 0),
    missed: results.flatMap(({ missed }) => missed),
    violations: results.flatMap(({ violations }) => violations),
    ends,
  };
}
