import { lstat, readlink, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';

import { readPublishedRuns } from '@millrace/shared/adapters/destination-files-store';
import { hasErrno, syncPath } from '@millrace/shared/adapters/durable-file';
import { fail } from '@millrace/shared/core/errors';
import { FILES_LAYOUT, newestRun } from '@millrace/shared/core/published-record';

/**
 * Makes `latest` lead to the newest published run, which replays of it do not replace: a link has one target. Looks again after each change: of two runs that are published
 * at the same time, the older could otherwise have the last word.
 */
export async function pointLatest(root: string, attempt: string): Promise<void> {
  const link = path.join(root, FILES_LAYOUT.latest);
  for (;;) {
    const newest = newestRun(await readPublishedRuns(root));
    if (newest === null) return;
    const target = path.join(FILES_LAYOUT.runs, newest.record.run);
    if ((await readLink(link)) === target) return;
    const temporary = path.join(root, `.${FILES_LAYOUT.latest}-${attempt}`);
    await rm(temporary, { force: true });
    await symlink(target, temporary);
    await rename(temporary, link);
    await syncPath(root);
  }
}

async function readLink(link: string): Promise<string | null> {
  try {
    return await readlink(link);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Asked before anything is published: a folder of that name could not be replaced by a link. */
export async function refuseForeignLatest(root: string): Promise<void> {
  const link = path.join(root, FILES_LAYOUT.latest);
  try {
    if ((await lstat(link)).isSymbolicLink()) return;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return;
    throw error;
  }
  throw fail('destination_conflict', {
    message: 'The destination has something of its own under the name of the link to the newest run.',
    where: link,
    hint: 'Move it away, or give the destination a folder of its own.',
  });
}
