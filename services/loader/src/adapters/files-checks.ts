import { rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { syncPath, temporaryBeside, writeSynced } from '@millrace/shared/adapters/durable-file';
import { writeJson } from '@millrace/shared/contracts/read-json';
import {
  FILES_LAYOUT,
  type ChecksRecord,
  type ContractsRecordFile,
  type DriftRecordFile,
  type FailuresRecord,
} from '@millrace/shared/core/published-record';
import type { CheckedRun } from '@millrace/shared/core/run-checks';

/** Writes what the checks of a run found into a folder, in place of what stands there. */
export async function writeChecks(
  folder: string,
  { results, profiles, failures, drift, contracts }: CheckedRun,
): Promise<void> {
  const checks: ChecksRecord | null =
    results.length + profiles.length === 0 ? null : { v: 1, results, profiles };
  const kept: FailuresRecord | null = failures.length === 0 ? null : { v: 1, failures };
  await replaceFile(folder, FILES_LAYOUT.checks, checks);
  await replaceFile(folder, FILES_LAYOUT.failures, kept);
  const differs: DriftRecordFile | null = drift.length === 0 ? null : { v: 1, drift };
  await replaceFile(folder, FILES_LAYOUT.drift, differs);
  const known: ContractsRecordFile | null = contracts.length === 0 ? null : { v: 1, contracts };
  await replaceFile(folder, FILES_LAYOUT.contracts, known);
}

async function replaceFile(folder: string, name: string, content: object | null): Promise<void> {
  const file = path.join(folder, name);
  if (content === null) {
    await rm(file, { force: true });
    return;
  }
  const temporary = temporaryBeside(file);
  await writeSynced(temporary, writeJson(content));
  await rename(temporary, file);
  await syncPath(folder);
}
