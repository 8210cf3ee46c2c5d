import type { Column, SourceType } from '@millrace/shared/core/pipeline';

/** A pipeline that is about to be written: one model per staged table, which selects all of it. */
export interface PipelineDraft {
  readonly name: string;
  readonly sources: readonly SourceDraft[];
}

export interface SourceDraft {
  readonly name: string;
  readonly type: SourceType;
  /** As it will be written in the file. */
  readonly path: string;
  readonly records: readonly (string | number)[] | null;
  readonly tables: readonly TableDraft[];
}

export interface TableDraft {
  /** Name of the model; the staged table is `staged_` and this. */
  readonly model: string;
  readonly each: readonly (string | number)[] | null;
  /** SQLite: the table it is read from. */
  readonly relation: string | null;
  readonly columns: readonly Column[];
}

export function stagedName({ model }: TableDraft): string {
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
    .slice(0, MAX_NAME);
  if (words === '') return 'data';
  return /^\d/.test(words) ? `t_${words}` : words;
}

/** Gives out names, each only once; databases do not tell names apart that differ only in case. */
export function createNames(): (wanted: string) => string {
  const taken = new Set<string>();
  return (wanted) => {
    let name = wanted;
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${wanted}_${number}`;
    taken.add(name.toLowerCase());
    return name;
  };
}
