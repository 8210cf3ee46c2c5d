import { describe, expect, it } from 'vitest';

import { readConfig, unknownSettings } from './config.ts';

describe('readConfig', () => {
  it('names a setting that is misspelt and the one that was meant', () => {
    const misspelt = { MILLRACE_BUKET: '/data' };
    expect(() => readConfig(misspelt)).toThrow(
      'MILLRACE_BUKET is not a setting. Did you mean MILLRACE_BUCKET?',
    );
    expect(() => readConfig({ MILLRACE_REDIS_URL: 'redis://a' })).toThrow('Did you mean REDIS_URL?');
  });

  it('lets variables pass that Kubernetes sets by itself, and lists them', () => {
    const variables = {
      MILLRACE_REDIS_PORT_6379_TCP: 'tcp://10.0.0.1:6379',
      MILLRACE_DEBUG: '1',
      HOME: '/root',
    };
    expect(readConfig(variables).attempts).toBe(5);
    expect(unknownSettings(variables)).toEqual(['MILLRACE_REDIS_PORT_6379_TCP']);
  });

  it.each(['MILLRACE_MODEL_TIMEOUT_MS', 'MILLRACE_SHUTDOWN_TIMEOUT_MS', 'MILLRACE_RECONCILE_EVERY_MS'])(
    'refuses a %s that no timer can wait, which would end at once',
    (name) => {
      expect(() => readConfig({ [name]: '3000000000' })).toThrow(`${name}=3000000000 cannot be used`);
      expect(() => readConfig({ [name]: '2147483647' })).not.toThrow();
    },
  );

  it.each(['http://user:secret@host', 'redis://:secret@[bad', 'secret', ''])(
    'refuses %j as a URL of Redis without repeating it',
    (url) => {
      const read = () => readConfig({ REDIS_URL: url });
      expect(read).toThrow('REDIS_URL cannot be used');
      expect(read).not.toThrow('secret');
    },
  );

  it.each(['redis://h', 'rediss://u:p@h:1/2', 'unix:///run/redis.sock?db=1'])('takes %s', (url) => {
    expect(readConfig({ REDIS_URL: url }).redisUrl).toBe(url);
  });
});
