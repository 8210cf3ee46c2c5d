import { fail } from '@millrace/shared/core/errors';
import type { PlannedInput } from '@millrace/shared/core/plan';
import type { ReadScope } from '@millrace/shared/core/task';

import { databaseVersion } from '../sqlite/database-version.ts';

/**
 * To be called when all rows were read. A task reads in one transaction, which is one snapshot, however busy the
 * database is. The ranges of a table that is cut are read in several: they are parts of one snapshot only if nothing
 * was written since planning. Within a cursor that is not asked for, because what was written since is beyond it.
 * Throws `source_changed`.
 */
export async function requireSnapshot(
  input: PlannedInput,
  { range, cursor }: Extract<ReadScope, { kind: 'relation' }>,
): Promise<void> {
  if (range === null || cursor !== null || input.layout.kind !== 'sqlite') return;
  const now = await databaseVersion(input.path);
  if (now === input.layout.version) return;
  throw fail('source_changed', {
    message:
      'The database was written to after the run was planned, while a table of it was read in several parts: together they would be no state that it ever had.',
    where: input.name,
    hint: 'Run again when it is not written to. To read a database that is always in use, give the table a `cursor`, or a `query` such as SELECT * FROM the_table: a query is read in one transaction.',
  });
}
