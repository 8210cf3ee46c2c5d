import { fail } from '../core/errors.ts';
import { didYouMean } from '../core/nearest-name.ts';

export function notAQuery(path: string): Error {
  return fail('query_failed', {
    message: 'Only one SELECT can be run: a destination is read here, and never changed.',
    where: path,
  });
}

export function nothingPublished(path: string): Error {
  return fail('query_failed', {
    message: 'Nothing has been published here yet.',
    where: path,
    hint: 'Publish a run first: millrace run <pipeline> --wait',
  });
}

/** The engine's message, with the tables that there are when it missed one. */
export function queryFailed(error: Error, path: string, tables: readonly string[]): Error {
  const missing = /no such table: (?:main\.)?(\S+)|Table with name (\S+) does not exist/.exec(error.message);
  const name = missing?.[1] ?? missing?.[2];
  const guess = name === undefined ? '' : didYouMean(name, tables);
  const text = error.message.split('\n\n')[0] ?? error.message;
  return fail('query_failed', {
    message: guess === '' ? text : `${text.replace(/[.!]?$/, '.')}${guess}`,
    where: path,
    hint: name === undefined ? undefined : `Tables: ${tables.join(', ')}`,
    cause: error,
  });
}
