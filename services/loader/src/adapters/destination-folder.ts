import { hasErrno, makeFolder, NEEDS_A_PERSON, syncPath } from '@millrace/shared/adapters/durable-file';
import { fail } from '@millrace/shared/core/errors';

/**
 * Creates the folder of a destination with its parents: with `MILLRACE_DESTINATIONS` a path that is relative to a pipeline's folder
 * lies where that folder is not.
 */
export async function ensureFolder(folder: string): Promise<void> {
  await explained(folder, () => makeFolder(folder));
}

/** Makes the names of the files in it survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  await explained(folder, () => syncPath(folder));
}

async function explained(folder: string, use: () => Promise<void>): Promise<void> {
  try {
    await use();
  } catch (error) {
    const needsPerson = hasErrno(error, ...NEEDS_A_PERSON);
    throw fail(needsPerson ? 'destination_unusable' : 'destination_unavailable', {
      message: `The folder of the destination cannot be used: ${error instanceof Error ? error.message : String(error)}.`,
      where: folder,
      hint: 'Create it, let it be written, or correct `destination.path` in the pipeline; if it is an error of the disk, look at the system log.',
      cause: error,
    });
  }
}
