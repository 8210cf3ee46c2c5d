import { describe, expect, it } from 'vitest';

import { withoutPassword } from './redis-client.ts';

describe('withoutPassword', () => {
  it.each([
    ['redis://:secret@host:6379', 'redis://:***@host:6379'],
    ['rediss://user:se@cret@host/1', 'rediss://user:***@host/1'],
    ['redis://host?password=secret&db=1', 'redis://host?password=***&db=1'],
    ['unix:///run/redis.sock?db=1&password=secret', 'unix:///run/redis.sock?db=1&password=***'],
    ['redis://host:6379', 'redis://host:6379'],
  ])('shows %s as %s', (url, shown) => {
    expect(withoutPassword(url)).toBe(shown);
  });
});
