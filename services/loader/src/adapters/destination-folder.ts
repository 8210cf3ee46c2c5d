import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { hasErrno, NEEDS_A_PERSON, syncPath } from '@millrace/shared/adapters/durable-file';
import { fail } from '@millrace/shared/core/errors';

/** Creates the last folder of a path only: a whole missing path is more likely a mistake or a disk not mounted. */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
    await syncPath(path.dirname(folder));
  } catch (error) {
    if (hasErrno(error, 'EEXIST') && (await stat(folder)).isDirectory()) return;
    const needsPerson = hasErrno(error, ...NEEDS_A_PERSON);
    throw fail(needsPerson ? 'destination_unusable' : 'destination_unavailable', {
      message: `The folder of the destination cannot be used: ${error instanceof Error ? error.message : String(error)}.`,
      where: folder,
      hint: 'Create it, mount its disk, or correct `destination.path` in the pipeline.',
      cause: error,
    });
  }
}
