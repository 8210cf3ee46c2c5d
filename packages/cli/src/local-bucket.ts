import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { hasErrno } from '@millrace/shared/adapters/durable-file';
import type { Bucket } from '@millrace/shared/ports/bucket';
import type { Config } from '@millrace/shared/runtime/config';

/** The bucket of this machine. Makes it where it is missing, and tells git to leave alone what millrace keeps. */
export async function openLocalBucket(config: Pick<Config, 'bucket' | 'home'>): Promise<Bucket> {
  const bucket = await openFolderBucket(config.bucket);
  try {
    await writeFile(path.join(config.home, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    // There already, or the bucket is elsewhere and there is no home.
    if (!hasErrno(error, 'EEXIST', 'ENOENT')) throw error;
  }
  return bucket;
}
