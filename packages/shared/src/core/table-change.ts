import { fail } from './errors.ts';
import type { Disposition } from './pipeline.ts';
import { formatDisposition } from './run-record.ts';

/** A column as SQLite declares it. */
export interface DeclaredColumn {
  readonly name: string;
  readonly declared: string;
}

/** What the destination has under a table's name. */
export interface FoundTable {
  /** Null when there is nothing of that name. */
  readonly kind: 'table' | 'view' | 'index' | 'trigger' | null;
  /** As declared in SQLite. */
  readonly columns: readonly DeclaredColumn[];
  /** What millrace wrote down when it made the table; null when it did not make it. */
  readonly owner: { readonly pipeline: string; readonly disposition: string } | null;
}

export interface WantedTable {
  readonly table: string;
  readonly file: string;
  /** Path of the destination, for messages. */
  readonly database: string;
  readonly pipeline: string;
  readonly disposition: Disposition;
  readonly columns: readonly DeclaredColumn[];
}

export type TableChange =
  | { readonly kind: 'create' }
  /** Drop and create: all rows are replaced anyway, and the columns are others. */
  | { readonly kind: 'recreate' }
  /** `absent`: columns of the table that the model does not have any more; null for new rows. */
  | { readonly kind: 'widen'; readonly add: readonly DeclaredColumn[]; readonly absent: readonly string[] };

/** How to make the table fit the model's rows. Throws `destination_conflict` when that would change what is not ours. */
export function decideTableChange(found: FoundTable, wanted: WantedTable): TableChange {
  if (found.kind === null) return { kind: 'create' };
  refuseForeign(found, wanted);
  const existing = new Map(found.columns.map((column) => [column.name.toLowerCase(), column]));
  const names = new Set(wanted.columns.map((column) => column.name.toLowerCase()));
  const add = wanted.columns.filter((column) => !existing.has(column.name.toLowerCase()));
  const absent = found.columns.map((column) => column.name).filter((name) => !names.has(name.toLowerCase()));
  const changed = wanted.columns.flatMap((column) => {
    const declared = existing.get(column.name.toLowerCase())?.declared;
    return declared === undefined || canHold(declared, column.declared) ? [] : [{ column, declared }];
  });
  if (wanted.disposition.kind === 'replace') {
    const same = add.length === 0 && absent.length === 0 && changed.length === 0;
    return same ? { kind: 'widen', add, absent } : { kind: 'recreate' };
  }
  const [first] = changed;
  if (first !== undefined) throw typeChanged(wanted, first.column, first.declared);
  return { kind: 'widen', add, absent };
}

function refuseForeign(found: FoundTable, wanted: WantedTable): void {
  const { table } = wanted;
  if (found.owner === null || found.kind !== 'table') {
    throw conflict(
      wanted,
      `The destination has a ${found.kind} '${table}' that millrace did not make.`,
      `Give the model another name, or move the ${found.kind} away.`,
    );
  }
  if (found.owner.pipeline !== wanted.pipeline) {
    throw conflict(
      wanted,
      `Table '${table}' belongs to pipeline '${found.owner.pipeline}', and pipeline '${wanted.pipeline}' has a model of that name.`,
      'Give the model another name, or use another destination.',
    );
  }
  const disposition = formatDisposition(wanted.disposition);
  if (found.owner.disposition !== disposition) {
    throw conflict(
      wanted,
      `Table '${table}' was made with load: ${found.owner.disposition}, and the model is now loaded with ${disposition}.`,
      `Change it back, give the model another name, or DROP TABLE ${table}: the next run makes it anew.`,
    );
  }
}

/**
 * Whether values of the type `wanted` are kept exactly in a column declared as `existing`. The precision of a
 * decimal is only a label to SQLite, and a decimal column keeps integers as integers.
 */
function canHold(existing: string, wanted: string): boolean {
  const from = baseType(existing);
  const to = baseType(wanted);
  return from === to || (from === 'DECIMAL' && to === 'INTEGER');
}

function baseType(declared: string): string {
  return declared.toUpperCase().replace(/\(.*$/, '').trim();
}

function typeChanged(wanted: WantedTable, column: DeclaredColumn, declared: string): Error {
  return conflict(
    wanted,
    `Column '${column.name}' of table '${wanted.table}' is ${declared === '' ? 'untyped' : declared}, and the model now makes ${column.declared}.`,
    `Cast it in the model to what it was, or give the column another name with AS: it is then added to the table.`,
  );
}

function conflict(wanted: WantedTable, message: string, hint: string): Error {
  const where = `${wanted.file}, loaded into ${wanted.database}`;
  return fail('destination_conflict', { message, where, hint });
}
