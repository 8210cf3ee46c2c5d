import type { Partition } from '@millrace/shared/core/build-tasks';
import { knownContent, tableKey, type KnownFiles } from '@millrace/shared/core/known-file';
import type { Source } from '@millrace/shared/core/pipeline';
import type { PlannedInput } from '@millrace/shared/core/plan';
import type { PlannedCursor } from '@millrace/shared/core/watermark';

import { statListed } from '../discover/open-input.ts';
import { columnsFromSqlite } from '../infer/columns-from-sqlite.ts';
import { describeRelation, type RelationDescription } from '../sqlite/describe-relation.ts';
import { databaseVersion } from '../sqlite/database-version.ts';
import { hasPendingChanges } from '../sqlite/pending-changes.ts';
import type { CursorPlanning } from './cursor-planning.ts';
import { hashUnlessKnown } from './hash-unless-known.ts';
import type { SourceSurvey, SurveyedFile } from './source-survey.ts';
import { stageTable } from './stage-table.ts';

/** Columns are those of all files, but types are told from the rows of so many. */
const SAMPLED_FILES = 10;

/** Survey of a SQLite source: each table of each file is read on its own, a large one by ranges of its rowid. */
export async function surveySqlite(
  source: Source,
  files: readonly SurveyedFile[],
  known: KnownFiles,
  cursors: CursorPlanning,
  signal: AbortSignal,
): Promise<SourceSurvey> {
  const inputs: PlannedInput[] = [];
  const planned: PlannedCursor[] = [];
  const partitions: Partition[] = [];
  const found = new Map<string, RelationDescription[]>();
  for (const file of files) {
    const inUse = await hasPendingChanges(file.path);
    const facts = await statListed(file.path);
    const earlier = inUse ? null : knownContent(known, file.path, facts);
    const input = inputs.length;
    const version = await databaseVersion(file.path);
    for (const table of source.tables) {
      const place = { source: source.name, table: table.name, file: file.name };
      const cursor = table.cursor === null ? null : cursors.wish(place, table.cursor);
      const description = await describeRelation({
        path: file.path,
        query: table.query,
        relation: table.relation,
        isChecked: earlier !== null,
        ranges: cursor === null ? earlier?.ranges[tableKey(table)] : undefined,
        cursor,
        signal,
      });
      if (cursor !== null) planned.push(cursors.plan(place, cursor, description.cursor));
      const others = found.get(table.name) ?? [];
      const kept = others.length < SAMPLED_FILES ? description : { ...description, samples: [] };
      found.set(table.name, [...others, kept]);
      // One range is all rows; read without it, rows that come before or behind it until then are read too.
      const ranges = description.ranges.length > 1 ? description.ranges : [null];
      for (const range of ranges) {
        partitions.push({
          source: source.name,
          tables: [table.name],
          table: table.name,
          read: { kind: 'relation', input, range, cursor: description.cursor },
        });
      }
    }
    // Read after its content was understood: a file that is not a database deserves that message, not a hash.
    inputs.push({
      source: source.name,
      ...file,
      ...facts,
      ...(await hashUnlessKnown(earlier, file.path, signal)),
      inUse,
      compression: 'none',
      layout: { kind: 'sqlite', version },
    });
  }
  const tables = source.tables.map((table) =>
    stageTable(source, table, table.columns ?? columnsFromSqlite(found.get(table.name) ?? [])),
  );
  const rows = [...found].map(
    ([name, descriptions]) =>
      [
        name,
        descriptions.map(({ columns, samples }) => ({
          header: columns.map((column) => column.name),
          rows: samples,
        })),
      ] as const,
  );
  return { inputs, tables, partitions, cursors: planned, found: new Map(rows) };
}
