import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import path from 'node:path';

import { readPublishedRun } from '@millrace/shared/adapters/destination-files-store';
import { makeFolder, syncPath, writeSynced } from '@millrace/shared/adapters/durable-file';
import { writeJson } from '@millrace/shared/contracts/read-json';
import { FILES_LAYOUT } from '@millrace/shared/core/published-record';
import type { CheckedRun } from '@millrace/shared/core/run-checks';
import type { InputRecord, RunRecord } from '@millrace/shared/core/run-record';

import { ensureFolder } from './destination-folder.ts';
import { writeChecks } from './files-checks.ts';
import { explainFilesError } from './files-error.ts';

/** Writes a run that failed or was cancelled into the history of a destination of files; one that is published there stays so. */
export async function recordFailedFiles(
  root: string,
  record: RunRecord,
  inputs: readonly InputRecord[],
  checked: CheckedRun,
): Promise<void> {
  try {
    await ensureFolder(root);
    if ((await readPublishedRun(root, record.run)) !== null) return;
    const folder = path.join(root, FILES_LAYOUT.failedRuns);
    await makeFolder(folder);
    const own = path.join(folder, record.run);
    await makeFolder(own);
    await writeChecks(own, checked);
    const temporary = path.join(folder, `.${record.run}-${randomBytes(4).toString('hex')}`);
    await writeSynced(temporary, writeJson({ v: 1, record, inputs }));
    await rename(temporary, path.join(folder, `${record.run}.json`));
    await syncPath(folder);
  } catch (error) {
    throw explainFilesError(error, root);
  }
}
