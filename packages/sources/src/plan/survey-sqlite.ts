import { hashFile } from '@millrace/shared/adapters/durable-file';
import type { Partition } from '@millrace/shared/core/build-tasks';
import { fail } from '@millrace/shared/core/errors';
import type { Source, TableDeclaration } from '@millrace/shared/core/pipeline';
import type { PlannedInput, StagedTable } from '@millrace/shared/core/plan';
import type { RowidRange } from '@millrace/shared/core/task';

import { statInput } from '../discover/open-input.ts';
import { columnsFromSqlite } from '../infer/columns-from-sqlite.ts';
import { describeRelation, type RelationDescription } from '../sqlite/describe-relation.ts';
import type { SourceSurvey, SurveyedFile } from './source-survey.ts';

/** Rows of a table that one task reads. */
const PARTITION_ROWS = 500_000;

/** Survey of a SQLite source: each table of each file is read on its own, a large one by ranges of its rowid. */
export async function surveySqlite(
  source: Source,
  files: readonly SurveyedFile[],
  firstInput: number,
): Promise<SourceSurvey> {
  const inputs: PlannedInput[] = [];
  const partitions: Partition[] = [];
  const tables = new Map<string, StagedTable>();
  for (const file of files) {
    const facts = await statInput(file.path);
    const input = firstInput + inputs.length;
    for (const table of source.tables) {
      const description = await describeRelation({
        path: file.path,
        query: table.query,
        relation: table.relation,
      });
      if (!tables.has(table.name)) tables.set(table.name, stageTable(source, table, description));
      for (const range of cutRowids(description, PARTITION_ROWS)) {
        partitions.push({
          source: source.name,
          tables: [table.name],
          table: table.name,
          read: { kind: 'relation', input, range },
        });
      }
    }
    // Read after its content was understood: a file that is not a database deserves that message, not a hash.
    const { sha256 } = await hashFile(file.path);
    inputs.push({
      source: source.name,
      ...file,
      ...facts,
      sha256,
      compression: 'none',
      layout: { kind: 'sqlite' },
    });
  }
  return { inputs, tables: source.tables.map((table) => stagedOrEmpty(source, table, tables)), partitions };
}

function stagedOrEmpty(
  source: Source,
  table: TableDeclaration,
  found: ReadonlyMap<string, StagedTable>,
): StagedTable {
  const staged = found.get(table.name);
  if (staged !== undefined) return staged;
  if (table.columns !== null) return stageTable(source, table, null);
  throw fail('schema_mismatch', {
    message: `Table '${table.name}': there is no file of source '${source.name}' to find its columns in.`,
    hint: 'Declare them under `columns:`.',
  });
}

function stageTable(
  source: Source,
  table: TableDeclaration,
  description: RelationDescription | null,
): StagedTable {
  const { name, key, each, query, relation } = table;
  const columns = table.columns ?? (description === null ? [] : columnsFromSqlite(description));
  return { name, source: source.name, key, each, columns, inferred: table.columns === null, query, relation };
}

/** Ranges of equal width; rowids may have gaps, so ranges may hold fewer rows than meant. Null reads all rows. */
function cutRowids({ rowids }: RelationDescription, rowsPerPartition: number): (RowidRange | null)[] {
  if (rowids === null || rowids.to - rowids.from < rowsPerPartition) return [null];
  const ranges: RowidRange[] = [];
  for (let from = rowids.from; from <= rowids.to; from += rowsPerPartition) {
    ranges.push({ from, to: Math.min(from + rowsPerPartition - 1, rowids.to) });
  }
  return ranges;
}
