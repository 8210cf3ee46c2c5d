import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { connectOrFail, redisUnavailable } from './redis-connection.ts';

describe('a Redis that is away', () => {
  const socket = path.join(tmpdir(), 'millrace-nobody-listens.sock');

  it.each([
    ['redis://127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1'],
    [`unix://${socket}`, `connect ENOENT ${socket}`],
  ])('at %s is told of with the cause, in one sentence', async (url, cause) => {
    const failed = connectOrFail(url);
    await expect(failed).rejects.toMatchObject({
      code: 'redis_unavailable',
      message: `Redis did not answer: ${cause}.`,
      where: url,
    });
  });

  it('in the middle of a command is told of in one sentence', () => {
    const { message } = redisUnavailable('redis://host', new Error('Connection is closed.'));
    expect(message).toBe('Redis did not answer: Connection is closed.');
  });
});
