import { hashFile } from '@millrace/shared/adapters/durable-file';
import { fail } from '@millrace/shared/core/errors';
import { sameFacts, type FileFacts } from '@millrace/shared/core/known-file';
import type { PlannedInput } from '@millrace/shared/core/plan';

import { statInput } from '../discover/open-input.ts';
import { hasPendingChanges } from '../sqlite/pending-changes.ts';

/**
 * Files that look unlike the plan says but have its content, by path, as this process found them. They may have been
 * touched, or are seen through another mount, which has times and inodes of its own; they are hashed once.
 */
const sameContent = new Map<string, FileFacts>();
const REMEMBERED_FILES = 10_000;

/** To be called before reading. Throws `source_changed` when a file has another content than at planning. */
export async function requirePlanned(input: PlannedInput, signal?: AbortSignal): Promise<void> {
  const now = await statInput(input.path);
  if (isPlanned(input, now)) return;
  const maySame = now.sizeBytes === input.sizeBytes;
  if (!maySame || (await hashFile(input.path, signal)).sha256 !== input.sha256)
    throw sourceChanged(input, now);
  if (sameContent.size >= REMEMBERED_FILES) sameContent.clear();
  sameContent.set(input.path, now);
}

/**
 * To be called when all was read. Throws `source_changed` when the file is not the one that was read before, even if
 * its content is the same again: what was read in between may have been anything.
 */
export async function requireUnchanged(input: PlannedInput): Promise<void> {
  const now = await statInput(input.path);
  if (!isPlanned(input, now)) throw sourceChanged(input, now);
}

/**
 * Whether what was read of a file is what was planned. A database may change meanwhile, because what is read of it is
 * a snapshot; what is read of other files is checked, or the attempt ends.
 */
export async function wasReadAsPlanned(input: PlannedInput): Promise<boolean> {
  if (input.layout.kind !== 'sqlite') return true;
  return !(await hasPendingChanges(input.path)) && sameFacts(await statInput(input.path), input);
}

function isPlanned(input: PlannedInput, now: FileFacts): boolean {
  const known = sameContent.get(input.path);
  return sameFacts(now, input) || (known !== undefined && sameFacts(now, known));
}

function sourceChanged(input: PlannedInput, now: FileFacts): Error {
  return fail('source_changed', {
    message: `The file changed after the run was planned: ${input.sizeBytes} bytes then, ${now.sizeBytes} now.`,
    where: input.path,
    hint: 'Run again when it is no longer written to.',
  });
}
