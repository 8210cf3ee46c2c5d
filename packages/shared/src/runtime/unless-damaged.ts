import { isMillraceError, type MillraceError } from '../core/errors.ts';

/** What a file holds, or in which way it is damaged. */
export type Found<T> =
  | { readonly value: T | null; readonly damage: null }
  | { readonly value: null; readonly damage: MillraceError };

export async function orDamage<T>(read: Promise<T | null>): Promise<Found<T>> {
  try {
    return { value: await read, damage: null };
  } catch (error) {
    if (isMillraceError(error) && error.code === 'record_corrupt') return { value: null, damage: error };
    throw error;
  }
}

/** @returns null also for a file that is damaged */
export async function unlessDamaged<T>(read: Promise<T | null>): Promise<T | null> {
  return (await orDamage(read)).value;
}
