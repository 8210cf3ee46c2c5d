import type { StagedTable } from '@millrace/shared/core/plan';

import type { SourceValue } from '../source-value.ts';
import { compileTable } from './compile-table.ts';
import { describeValue } from './describe-value.ts';
import type { Dialect } from './dialect.ts';
import { FaultList } from './fault-list.ts';
import type { Judgement } from './judgement.ts';
import { isSourceObject } from './read-path.ts';

export interface Judge {
  /** Names of the tables, in the order of `rows` in a judgement. */
  readonly tables: readonly string[];
  /** @param key of a record that is a member of an object */
  readonly judge: (value: SourceValue, key?: string) => Judgement;
}

/**
 * Makes the judge of the records of one source: a record becomes typed rows in all of `tables`,
 * or it is refused as a whole, so that no table has a part of it. Nothing is repaired: a value fits the type of its
 * column without loss, or it is a fault.
 * @param tables the staged tables of the source
 * @param dialect decides which values stand for a type; the `convert-*` files say how
 * @throws MillraceError `pipeline_invalid` for a time format that is not understood
 */
export function compileJudge(tables: readonly StagedTable[], dialect: Dialect): Judge {
  const rowsOf = tables.map((table) => compileTable(table, tables, dialect));
  return {
    tables: tables.map((table) => table.name),
    judge: (value, key) => {
      if (!isSourceObject(value)) return notAnObject(value);
      const faults = new FaultList();
      const rows = rowsOf.map((rowsOfTable) => rowsOfTable(value, key, faults));
      return faults.isEmpty ? { ok: true, rows, drift: faults.drift } : faults.toJudgement();
    },
  };
}

function notAnObject(value: SourceValue): Judgement {
  const message = `The record is ${describeValue(value)}; expected an object.`;
  return { ok: false, reason: 'not_an_object', table: null, message, faults: [], breach: null };
}
