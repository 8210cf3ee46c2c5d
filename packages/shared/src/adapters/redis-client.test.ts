import { describe, expect, it } from 'vitest';

import { redisClient, withoutPassword, withPassword } from './redis-client.ts';

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

describe('withPassword', () => {
  it.each([
    ['redis://host:6379', 'redis://:***@host:6379'],
    ['rediss://user@host:6380/2', 'rediss://user:***@host:6380/2'],
    ['unix:///run/redis.sock', 'unix:///run/redis.sock?password=***'],
    ['unix:///run/redis.sock?db=1', 'unix:///run/redis.sock?db=1&password=***'],
  ])('puts it into %s where withoutPassword hides it', (url, shown) => {
    expect(withoutPassword(withPassword(url, 'p@ss:w/rd?&%20'))).toBe(shown);
  });

  it.each(['redis://host:6379', 'unix:///run/redis.sock?db=1'])(
    'gives the client of %s the very password',
    (url) => {
      const redis = redisClient(withPassword(url, 'p@ss:w/rd?&%20#'), { lazyConnect: true });
      expect(redis.options.password).toBe('p@ss:w/rd?&%20#');
      redis.disconnect();
    },
  );
});
