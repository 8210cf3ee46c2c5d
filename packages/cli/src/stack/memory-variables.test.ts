import { describe, expect, it } from 'vitest';

import { memoryVariables } from './memory-variables.ts';

const MEBIBYTE = 1024 * 1024;

describe('variables of a service with little memory', () => {
  it('are none where there is enough', () => {
    expect(memoryVariables(512 * MEBIBYTE, {})).toEqual({});
  });

  it('keep heaps and threads small', () => {
    expect(memoryVariables(64 * MEBIBYTE, {})).toEqual({
      UV_THREADPOOL_SIZE: '2',
      MALLOC_ARENA_MAX: '1',
      NODE_OPTIONS: '--max-semi-space-size=1 --v8-pool-size=1',
    });
  });

  it('leave what the user has set', () => {
    const variables = { UV_THREADPOOL_SIZE: '8', NODE_OPTIONS: '--max-semi-space-size=4' };
    expect(memoryVariables(64 * MEBIBYTE, variables)).toMatchObject({
      UV_THREADPOOL_SIZE: '8',
      // Of two, Node heeds the last.
      NODE_OPTIONS: '--max-semi-space-size=1 --v8-pool-size=1 --max-semi-space-size=4',
    });
  });
});
