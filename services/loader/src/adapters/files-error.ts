import { hasErrno, NEEDS_A_PERSON } from '@millrace/shared/adapters/durable-file';
import { fail, isMillraceError } from '@millrace/shared/core/errors';

/** An error of the file system, or of DuckDB while it writes there, as a sentence with path and what to do. */
export function explainFilesError(error: unknown, root: string): unknown {
  if (isMillraceError(error) || !(error instanceof Error)) return error;
  const full = hasErrno(error, 'ENOSPC', 'EDQUOT') || error.message.includes('No space left on device');
  const needsPerson = hasErrno(error, ...NEEDS_A_PERSON);
  return fail(needsPerson ? 'destination_unusable' : 'destination_unavailable', {
    message: `The destination could not be written: ${error.message}`,
    where: root,
    hint: full
      ? 'The disk is full: free some space. Nothing was published; the load is then tried again.'
      : 'Check that the folder exists and can be written by this user. Nothing was published.',
    cause: error,
  });
}
