import { describe, expect, it } from 'vitest';

import { createLogger } from './logger.ts';

describe('the logger', () => {
  it('never tells the password that an error of Redis carries with its command', () => {
    const lines: string[] = [];
    const logger = createLogger({ logLevel: 'info' }, 'extract', { write: (line) => void lines.push(line) });
    const refused = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['secret'] } });
    logger.warn({ err: refused }, 'could not reconcile');
    logger.warn({ redisUrl: 'redis://:secret@host', err: 'plain' }, 'queue error');
    expect(lines.join('')).toContain('WRONGPASS');
    expect(lines.join('')).not.toContain('secret');
  });
});
