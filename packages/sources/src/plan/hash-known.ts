import { hashFile } from '@millrace/shared/adapters/durable-file';
import { knownContent, type FileFacts, type KnownFiles } from '@millrace/shared/core/known-file';
import type { PlannedInput } from '@millrace/shared/core/plan';

/** The hash of a file that needs no cutting, and when its bytes were read for it. */
export async function hashKnown(
  known: KnownFiles,
  path: string,
  facts: FileFacts,
): Promise<Pick<PlannedInput, 'sha256' | 'hashedAt'>> {
  const found = knownContent(known, path, facts);
  if (found !== null) return { sha256: found.sha256, hashedAt: found.hashedAt };
  // The moment before reading: what changes from then on has a later time than this.
  const hashedAt = new Date().toISOString();
  const { sha256 } = await hashFile(path);
  return { sha256, hashedAt };
}
