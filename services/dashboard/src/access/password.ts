import { randomBytes, scrypt, timingSafeEqual, createHash } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt);

const KEY_BYTES = 32;
/** About 50 ms and 16 MiB a try, which whoever guesses pays as well. */
const COST = { N: 2 ** 14, r: 8, p: 1 } as const;

/** A secret that can be compared with and not read again. */
export interface HashedPassword {
  matches(candidate: string): Promise<boolean>;
}

export async function hashPassword(password: string): Promise<HashedPassword> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, KEY_BYTES, COST);
  return {
    matches: async (candidate) => timingSafeEqual(await derive(candidate, salt, KEY_BYTES, COST), key),
  };
}

/** For secrets too long to be guessed, which are compared with every request: in constant time, whatever their lengths. */
export function equalSecrets(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

export function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
