import path from 'node:path';

import type { Lane } from './lane.ts';
import type { AttemptEnd, CallPoint, Injection } from './trace.ts';

const CAUSE = /EIO|ENOSPC|i\/o error|no space left|input\/output error|SQLITE_(IOERR|FULL|CANTOPEN)/i;
/** Of SQLite's own files it decides itself what a failure means; its commit is checked by what is found afterwards. */
const OF_SQLITE = /[.](db|db-journal|db-wal|db-shm|lock|lock-journal)$/;

/** What is wrong with how an attempt took the failure of a call; null when it did as it should. */
export function judgeError(lane: Lane, end: AttemptEnd, { point }: Injection): string | null {
  if (end.exitCode !== 0)
    return `the process ended (${end.exitCode ?? 'by a signal'}): ${end.stderr.slice(0, 500)}`;
  const own = !OF_SQLITE.test(point.path);
  if (own && point.call === 'fsync' && usedAfterwards(end, point))
    return 'a file was used whose sync had failed';
  if (end.failure === null)
    return own && point.call === 'fsync' && !wasSyncedAnyway(lane, end, point)
      ? 'the failure of a sync was swallowed'
      : null;
  const { name, code, retry, message, where = '' } = end.failure;
  const told = JSON.stringify(end.failure);
  if (name !== 'MillraceError' || code === 'internal') return `not a foreseen error: ${told}`;
  if (retry !== 'may_help' && retry !== 'later') return `a retry could help, which the error denies: ${told}`;
  if (!CAUSE.test(message)) return `the error does not name its cause: ${told}`;
  const text = `${where} ${message}`;
  return namesOf(lane, point.path).some((known) => text.includes(known))
    ? null
    : `the error does not name its path: ${told}`;
}

/**
 * SQLite syncs the folder of its files and says nothing when that fails, so the load does it once more, by itself. Either
 * may be the one that failed.
 */
function wasSyncedAnyway({ shape, out }: Lane, { calls }: AttemptEnd, { path: folder }: CallPoint): boolean {
  if (shape.destination !== 'sqlite' || folder !== out) return false;
  return calls.some(
    ({ call, path: synced, result }) => call === 'fsync' && synced === folder && result === '0',
  );
}

/** After a failed sync the system may believe that the lost bytes are on disk: the file must not become an object. */
function usedAfterwards({ calls }: AttemptEnd, point: CallPoint): boolean {
  const failed = calls.findIndex(({ result }) => result.includes('INJECTED'));
  const isFolder = !path.basename(point.path).includes('.');
  return !isFolder && calls.slice(failed + 1).some(({ call }) => /^(link|rename|fsync|fdatasync)/.test(call));
}

/** A person may be told the object that was to become of a file, or the folder that it stands in. */
function namesOf(lane: Lane, file: string): string[] {
  const { dir, base } = path.parse(file);
  const object = path.join(dir, base.replace(/^[.][0-9a-f]{12}[.]/, ''));
  const absolute = [file, object, ...(file.startsWith(lane.out) ? [lane.destination] : [])];
  return [
    ...absolute,
    ...[object, dir].map((known) => path.relative(lane.bucket, known)).filter((key) => key !== ''),
  ];
}
