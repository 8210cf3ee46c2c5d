import type { Encoding } from '@millrace/shared/core/decoding';
import type { SourceType } from '@millrace/shared/core/pipeline';
import type { ColumnGuess } from '@millrace/sources/infer/guess-columns';

/** A pipeline that is about to be written: one model per staged table, which selects all of it. */
export interface PipelineDraft {
  readonly name: string;
  readonly sources: readonly SourceDraft[];
  /** Share of rejected records beyond which a run fails. */
  readonly maxRejectRatio: number;
}

export interface SourceDraft {
  readonly name: string;
  readonly type: SourceType;
  /** As it will be written in the file. */
  readonly path: string;
  /** Of text that is not UTF-8. */
  readonly encoding: Encoding | null;
  readonly records: readonly (string | number)[] | null;
  /** CSV: whether the first line names the columns. */
  readonly header: boolean;
  /** CSV: words that mean null. */
  readonly nulls: readonly string[];
  /** A sentence each, about what was found in it. */
  readonly notes: readonly string[];
  readonly tables: readonly TableDraft[];
}

export interface TableDraft {
  /** Name of the model; the staged table is `staged_` and this. */
  readonly model: string;
  readonly each: readonly (string | number)[] | null;
  /** SQLite: the table it is read from. */
  readonly relation: string | null;
  readonly key: readonly string[];
  readonly columns: readonly ColumnGuess[];
  /** A sentence each: what the types were told from, and what was left out. */
  readonly notes: readonly string[];
}

export function stagedName({ model }: Pick<TableDraft, 'model'>): string {
  return `staged_${model}`;
}

const MAX_NAME = 48;

/** A name for a source or model from that of a file or key: `ChinookData-2024` becomes `chinook_data_2024`. */
export function makeName(text: string): string {
  const words = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, MAX_NAME)
    .replace(/_+$/, '');
  if (words === '') return 'data';
  // SQLite keeps names that begin like this for itself.
  return /^(\d|sqlite)/.test(words) ? `t_${words}` : words;
}

/** Gives out names, each only once; databases do not tell names apart that differ only in case. */
export function createNames(): (wanted: string, otherwise?: string) => string {
  const taken = new Set<string>();
  return (wanted, otherwise = wanted) => {
    let name = taken.has(wanted.toLowerCase()) ? otherwise : wanted;
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${otherwise}_${number}`;
    taken.add(name.toLowerCase());
    return name;
  };
}

/**
 * As `createNames` for models, whose names bring others along: the staged table that a model reads, and the view of
 * its newest rows.
 */
export function createModelNames(): (wanted: string, otherwise?: string) => string {
  const taken = new Set<string>();
  const names = (model: string) => [model, `${model}_latest`, stagedName({ model })];
  const isFree = (model: string) => names(model).every((name) => !taken.has(name));
  return (wanted, otherwise = wanted) => {
    let model = isFree(wanted) ? wanted : otherwise;
    for (let number = 2; !isFree(model); number += 1) model = `${otherwise}_${number}`;
    for (const name of names(model)) taken.add(name);
    return model;
  };
}
