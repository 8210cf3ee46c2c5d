import path from 'node:path';

import { readChecksRecord, readFailuresRecord } from '../contracts/checks-record-v1.ts';
import { FILES_LAYOUT, newestFirst } from '../core/published-record.ts';
import type { FailingRow, ProfiledRun, RunChecks } from '../core/run-checks.ts';
import { readIfPresent, readPublishedRuns } from './destination-files-store.ts';

/** What the checks of a run found. A run that failed first and was published then has been checked twice: the latter counts. */
export async function readFilesChecks(root: string, run: string): Promise<RunChecks> {
  const found = await readOfRun(root, run, FILES_LAYOUT.checks);
  if (found === null) return { results: [], profiles: [] };
  const { results, profiles } = readChecksRecord(found.content, found.file);
  return { results, profiles };
}

export async function readFilesFailures(
  root: string,
  run: string,
  check: string,
  limit: number,
): Promise<FailingRow[]> {
  const found = await readOfRun(root, run, FILES_LAYOUT.failures);
  if (found === null) return [];
  const { failures } = readFailuresRecord(found.content, found.file);
  return failures.filter((row) => row.check === check).slice(0, limit);
}

export async function readFilesProfiles(
  root: string,
  pipeline: string,
  limit: number,
): Promise<ProfiledRun[]> {
  const published = (await readPublishedRuns(root))
    .filter(({ record }) => record.pipeline === pipeline && record.replayOf === null)
    .sort(newestFirst);
  const profiled: ProfiledRun[] = [];
  for (const { record } of published) {
    if (profiled.length === limit) break;
    const { profiles } = await readFilesChecks(root, record.run);
    if (profiles.length === 0) continue;
    const { run, startedAt, endedAt } = record;
    profiled.push({ run, plannedAt: startedAt, publishedAt: endedAt, tables: profiles });
  }
  return profiled;
}

/** A file beside the record of a run, published or failed; null where there is none. */
export async function readOfRun(
  root: string,
  run: string,
  name: string,
): Promise<{ content: Uint8Array; file: string } | null> {
  const published = path.join(root, FILES_LAYOUT.runs, run);
  const isPublished = (await readIfPresent(path.join(published, FILES_LAYOUT.record))) !== null;
  const file = path.join(isPublished ? published : path.join(root, FILES_LAYOUT.failedRuns, run), name);
  const content = await readIfPresent(file);
  return content === null ? null : { content, file };
}
