import { describe, expect, it } from 'vitest';

import type { MillraceError } from '../core/errors.ts';
import type { TaskResult } from '../core/manifest.ts';
import type { TaskContext, TaskHandler } from '../ports/task-handler.ts';
import { makePlan, makeRequest } from '../testing/make-plan.ts';
import { createLogger } from './logger.ts';
import { limitPlanning, limitTime } from './limit-time.ts';

const plan = makePlan();
const RESULT: TaskResult = { outputs: [], extracted: null, loaded: null };
const TIMEOUT_MS = 50;

function context(kind: 'extract' | 'model', signal = new AbortController().signal): TaskContext {
  const task = plan.tasks.find((candidate) => candidate.kind === kind);
  if (task === undefined) throw new Error('The plan lacks it.');
  return {
    plan,
    task,
    signal,
    request: makeRequest(plan),
    inputs: new Map(),
    bucket: {} as TaskContext['bucket'],
    attempt: 'a',
    onProgress: () => undefined,
  };
}

/** Ends `afterMs` after it was told to, by throwing or with a result. */
const slow =
  (afterMs: number, how: 'throws' | 'finishes'): TaskHandler =>
  async ({ signal, onProgress }) => {
    onProgress({ rows: 7, batches: 3, rejected: 1 });
    await new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, afterMs)));
    if (how === 'throws') throw new Error('broken off');
    return RESULT;
  };

function limited(handle: TaskHandler, heedMs = 10_000) {
  const unheeded: MillraceError[] = [];
  const onUnheeded = (error: MillraceError) => void unheeded.push(error);
  return { unheeded, handle: limitTime(handle, { timeoutMs: TIMEOUT_MS, heedMs, onUnheeded }) };
}

describe('a task that takes too long', () => {
  it('is ended by its signal, and says what it was and how far it got', async () => {
    const { handle, unheeded } = limited(slow(0, 'throws'));
    const error: unknown = await handle(context('extract')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'task_timeout', where: `run ${plan.run}`, isTerminal: false });
    expect((error as Error).message).toBe(
      "Task 'extract-orders-00001' did not end within 50 ms: it had got to 7 rows, 3 batches, 1 rejects.",
    );
    expect(unheeded).toEqual([]);
  });

  it('is done when it got done all the same', async () => {
    expect(await limited(slow(0, 'finishes')).handle(context('extract'))).toBe(RESULT);
  });

  it('gives its process up when it does not heed the signal', async () => {
    const { handle, unheeded } = limited(slow(100, 'throws'), 20);
    await expect(handle(context('extract'))).rejects.toMatchObject({ code: 'task_timeout' });
    expect(unheeded).toMatchObject([{ code: 'task_timeout' }]);
  });

  it('is told nothing about time when its worker stops meanwhile', async () => {
    const stopping = new AbortController();
    const { handle } = limited(slow(TIMEOUT_MS * 2, 'throws'));
    const result = handle(context('extract', stopping.signal));
    stopping.abort();
    await expect(result).rejects.toThrow('broken off');
  });

  it('is left alone when it is a model, which has a limit of its own', async () => {
    const longer: TaskHandler = () =>
      new Promise((resolve) => setTimeout(() => resolve(RESULT), TIMEOUT_MS * 3));
    expect(await limited(longer, 0).handle(context('model'))).toBe(RESULT);
  });
});

describe('planning that takes too long', () => {
  const logger = createLogger({ logLevel: 'silent' }, 'extract');
  const requested = {
    v: 1,
    type: 'run_requested',
    run: plan.run,
    round: 1,
    pipeline: plan.pipeline,
    bundle: plan.bundle,
  } as const;
  const hangs = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('broken off'))));
  const limit = { timeoutMs: TIMEOUT_MS, heedMs: 10_000, onUnheeded: () => undefined };

  it('is ended by its signal, and says which run it was of', async () => {
    const planning = limitPlanning((_message, _logger, signal) => hangs(signal), limit);
    await expect(planning(requested, logger, new AbortController().signal)).rejects.toMatchObject({
      code: 'task_timeout',
      where: `run ${plan.run}`,
    });
  });

  it('is all that is limited: a history is written however long its destination takes', async () => {
    const slowly = () => new Promise<void>((resolve) => setTimeout(resolve, TIMEOUT_MS * 3));
    const ended = { v: 1, type: 'run_ended', run: plan.run, round: 1 } as const;
    await expect(
      limitPlanning(slowly, limit)(ended, logger, new AbortController().signal),
    ).resolves.toBeUndefined();
  });
});
