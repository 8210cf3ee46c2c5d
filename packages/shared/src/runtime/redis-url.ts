import { readFileSync } from 'node:fs';

import { REDIS_SCHEMES, withPassword, withoutPassword } from '../adapters/redis-client.ts';
import { fail } from '../core/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `REDIS_URL` with the password that stands in `REDIS_PASSWORD_FILE`, or null when there is no URL. A file keeps the password
 * out of the environment, which every child process and `docker inspect` can read.
 * @throws `config_invalid`; no message names a password
 */
export function readRedisUrl(environment: Environment): string | null {
  const url = environment['REDIS_URL'] ?? null;
  const file = environment['REDIS_PASSWORD_FILE'] ?? '';
  if (url !== null && !isRedisUrl(url)) throw cannotBeRead();
  if (file === '') return url;
  if (url === null) throw unusable(file, 'it has no use without REDIS_URL');
  if (withoutPassword(url) !== url) throw unusable(file, 'REDIS_URL has a password already');
  return withPassword(url, readPassword(file));
}

function readPassword(file: string): string {
  let password: string;
  try {
    password = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw unusable(file, error instanceof Error ? error.message : String(error));
  }
  if (password === '') throw unusable(file, 'the file is empty');
  return password;
}

function isRedisUrl(text: string): boolean {
  const scheme = /^(\w+):\/\/./.exec(text)?.[1];
  if (!REDIS_SCHEMES.some((known) => known === scheme)) return false;
  return scheme === 'unix' || URL.canParse(text);
}

/** A URL that cannot be read does not show where its password is, so none of it is told. */
function cannotBeRead(): Error {
  return fail('config_invalid', {
    message:
      'REDIS_URL cannot be used: expected redis://host:6379, rediss://host:6379 or unix:///path/to/redis.sock.',
    hint: 'Correct it, or unset it to let `millrace up` and `run --wait` start a Redis of their own.',
  });
}

function unusable(file: string, why: string): Error {
  return fail('config_invalid', {
    message: `REDIS_PASSWORD_FILE=${file} cannot be used: ${why}.`,
    hint: 'It names a file that holds the password of REDIS_URL, and nothing else, and that this user can read.',
  });
}
