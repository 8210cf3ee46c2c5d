import { LEDGER_PREFIX } from '@millrace/shared/core/ledger-schema';
import { guessSqliteColumns } from '@millrace/sources/infer/guess-columns';
import { guessKey } from '@millrace/sources/infer/guess-key';
import { listRelations } from '@millrace/sources/sqlite/describe-relation';
import { readSqliteRows } from '@millrace/sources/sqlite/read-sqlite-rows';
import { isSourceObject } from '@millrace/sources/judge/read-path';
import type { SourceValue } from '@millrace/sources/source-value';

import { makeName, type SourceDraft, type TableDraft } from './draft.ts';
import {
  blankTable,
  describeSample,
  describeUnreadable,
  sampleTables,
  type DraftSample,
} from './sample-draft.ts';
import type { SurveyContext } from './survey-context.ts';

/** SQLite: a table for each table of the database. Views are queries on them, and left out. */
export async function surveySqlite(context: SurveyContext): Promise<SourceDraft[]> {
  const { group, blank, subject, unique, leaveOut } = context;
  const file = group.files[0] ?? group.path;
  const relations = await listTables(context, file);
  if (relations.length === 0) {
    leaveOut({ path: file, reason: 'the database has no tables' });
    return [];
  }
  const blanks = relations.map((relation, index) => blankTable({ relation, model: `t${index}` }));
  const samples = await sampleTables({ ...blank, tables: blanks });
  const stored = await storedColumns(file);
  const name = unique.source(subject);
  const tables = relations.flatMap((relation, index) => {
    const sample = samples[index];
    if (sample === undefined) return [];
    const columns = stored.filter((column) => column.relation === relation);
    const table = draftTable(relation, columns, sample);
    if (table.columns.length === 0) {
      leaveOut({ path: file, reason: `the table '${relation}' has only columns of bytes` });
      return [];
    }
    const wanted = makeName(relation);
    return [{ ...table, model: unique.model(wanted, makeName(`${name}_${wanted}`)) }];
  });
  return [{ ...blank, name, tables }];
}

async function listTables({ leaveOut }: SurveyContext, file: string): Promise<string[]> {
  const views = await query(file, "SELECT name FROM sqlite_schema WHERE type = 'view'");
  const isView = new Set(views.map((row) => row['name']));
  const found = await listRelations(file);
  for (const view of found.filter((relation) => isView.has(relation)))
    leaveOut({ path: file, reason: `the view '${view}' is a query on its tables` });
  // What millrace keeps in a destination, which may be the source of another pipeline.
  return found.filter((relation) => !isView.has(relation) && !relation.startsWith(LEDGER_PREFIX));
}

interface StoredColumn {
  readonly relation: string;
  readonly name: string;
  readonly declaredType: string;
  /** Position in the primary key, from 1; 0 outside of it. */
  readonly keyPosition: number;
}

/** Columns of all tables as the database declares them, those included that it computes. */
async function storedColumns(file: string): Promise<StoredColumn[]> {
  const rows = await query(
    file,
    `SELECT s.name AS relation, c.name, c.type, c.pk FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS c
     WHERE s.type = 'table' AND c.hidden <> 1 ORDER BY s.name, c.cid`,
  );
  return rows.map((row) => ({
    relation: textOf(row['relation']),
    name: textOf(row['name']),
    declaredType: textOf(row['type']),
    keyPosition: Number(row['pk']),
  }));
}

function textOf(value: SourceValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function draftTable(relation: string, stored: readonly StoredColumn[], sample: DraftSample): TableDraft {
  const { columns, leftOut } = guessSqliteColumns(stored, sample.values);
  const primary = stored.filter(({ keyPosition }) => keyPosition > 0);
  const ofKey = columns.filter(({ column }) => primary.some(({ name }) => name === column.path.steps[0]));
  const guessed = columns.map(({ column }) => column);
  const notes = [
    `The table ${relation}. Types as declared, and from ${describeSample(sample, 'row')}.`,
    ...(leftOut.length > 0
      ? [
          `Left out, because no table takes bytes (a query: with hex(…) could read them): ${leftOut.join(', ')}.`,
        ]
      : []),
    ...describeUnreadable(sample),
  ];
  return {
    model: relation,
    each: null,
    relation,
    key:
      primary.length > 0 && ofKey.length === primary.length
        ? ofKey.map(({ column }) => column.name)
        : guessKey(relation, guessed, sample.values),
    columns,
    notes,
  };
}

async function query(path: string, sql: string): Promise<Readonly<Record<string, SourceValue>>[]> {
  const rows: Readonly<Record<string, SourceValue>>[] = [];
  const reading = { path, fileName: path, relation: '', query: sql, range: null, cursor: null };
  for await (const chunk of readSqliteRows(reading)) {
    for (const { content } of chunk.records) {
      if (content.ok && isSourceObject(content.value)) rows.push(content.value);
    }
  }
  return rows;
}
