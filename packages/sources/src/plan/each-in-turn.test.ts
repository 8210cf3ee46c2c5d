import { setImmediate as nextTurn } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { eachInTurn } from './each-in-turn.ts';

it('works at two at a time, and gives the results in order', async () => {
  let atWork = 0;
  let most = 0;
  const results = await eachInTurn([3, 1, 2, 5, 4], undefined, async (turns) => {
    most = Math.max(most, ++atWork);
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    atWork -= 1;
    return turns * 10;
  });
  expect(results).toEqual([30, 10, 20, 50, 40]);
  expect(most).toBe(2);
  expect(await eachInTurn([], undefined, () => Promise.resolve(1))).toEqual([]);
});

it('throws what the first in order throws, and leaves nobody at work', async () => {
  let atWork = 0;
  const begun: string[] = [];
  const work = async (name: string, signal: AbortSignal) => {
    begun.push(name);
    atWork += 1;
    try {
      for (let turn = 0; turn < (name === 'late' ? 5 : 50); turn += 1) {
        await nextTurn();
        if (name === 'early') break;
        signal.throwIfAborted();
      }
      throw new Error(name);
    } finally {
      atWork -= 1;
    }
  };
  await expect(eachInTurn(['late', 'early', 'never'], undefined, work)).rejects.toThrow('late');
  expect([begun, atWork]).toEqual([['late', 'early'], 0]);
});

it('ends with the reason of its signal', async () => {
  const stopping = new AbortController();
  const working = eachInTurn([1, 2], stopping.signal, async (_, signal) => {
    for (;;) {
      await nextTurn();
      signal.throwIfAborted();
    }
  });
  stopping.abort(new Error('left'));
  await expect(working).rejects.toThrow('left');
  const never = eachInTurn([1], AbortSignal.abort(new Error('before')), (_, signal) =>
    Promise.reject(signal.reason as Error),
  );
  await expect(never).rejects.toThrow('before');
});
