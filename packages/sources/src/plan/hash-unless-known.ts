import { hashFile } from '@millrace/shared/adapters/durable-file';
import type { FileContent } from '@millrace/shared/core/known-file';

/** The hash of a file that is not cut by its bytes, and when they were read for it. */
export async function hashUnlessKnown(
  known: FileContent | null,
  path: string,
  signal: AbortSignal,
): Promise<Pick<FileContent, 'sha256' | 'hashedAt'>> {
  if (known !== null) return { sha256: known.sha256, hashedAt: known.hashedAt };
  // The moment before reading: what changes from then on has a later time than this.
  const hashedAt = new Date().toISOString();
  const { sha256 } = await hashFile(path, signal);
  return { sha256, hashedAt };
}
