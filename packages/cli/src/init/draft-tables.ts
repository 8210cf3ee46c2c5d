import type { Column } from '@millrace/shared/core/pipeline';
import { inferColumns } from '@millrace/sources/infer/infer-columns';
import { proposeChildTables } from '@millrace/sources/infer/propose-child-tables';
import type { SourceValue } from '@millrace/sources/source-value';

import { createNames, makeName, type TableDraft } from './draft.ts';

/**
 * Tables for sampled JSON records: one of the records, and one per nested array of objects, whose rows keep the
 * identifier of their record and their position in it.
 */
export function draftTables(
  name: string,
  samples: readonly SourceValue[],
  uniqueModel: (wanted: string) => string,
): TableDraft[] {
  const children = proposeChildTables(samples);
  const columns = inferColumns(samples, 'json');
  const identifier = findIdentifier(columns, samples);
  const nested = new Set(children.map(({ each }) => JSON.stringify(each)));
  const record: TableDraft = {
    model: uniqueModel(name),
    each: null,
    relation: null,
    columns: columns.filter(({ path }) => !nested.has(JSON.stringify(path.steps))),
  };
  return [
    record,
    ...children.map(({ each, samples: elements }) => ({
      model: uniqueModel(makeName(`${name}_${each.at(-1) ?? 'elements'}`)),
      each,
      relation: null,
      columns: childColumns(name, identifier, inferColumns(elements, 'json')),
    })),
  ];
}

function childColumns(record: string, identifier: Column | null, own: readonly Column[]): Column[] {
  const unique = createNames();
  const ownNames = new Set(own.map((column) => column.name.toLowerCase()));
  const free = (wanted: string, other: string): string =>
    unique(ownNames.has(wanted.toLowerCase()) ? other : wanted);
  const reference =
    identifier === null
      ? []
      : [
          {
            ...identifier,
            name: free(identifier.name, makeName(`${record}_${identifier.name}`)),
            path: { from: 'parent', steps: identifier.path.steps } as const,
          },
        ];
  const position: Column = {
    name: free('position', 'position_in_array'),
    type: { kind: 'integer' },
    path: { from: 'index', steps: [] },
    required: false,
    strict: false,
    format: null,
  };
  return [...reference, position, ...own.map((column) => ({ ...column, name: unique(column.name) }))];
}

/**
 * The column that tells the sampled records apart; one that is called an id is preferred. A few repeated or missing
 * values do not speak against it: real exports have records that were sent twice.
 */
export function findIdentifier(columns: readonly Column[], samples: readonly SourceValue[]): Column | null {
  const candidates = columns.filter(
    ({ type, path }) =>
      (type.kind === 'integer' || type.kind === 'text') &&
      tellsApart(samples.map((sample) => valueAt(sample, path.steps))),
  );
  return (
    candidates.find(({ name }) => /(^|[_\W])(id|key|code|uuid)$|Id$/i.test(name)) ?? candidates[0] ?? null
  );
}

const DISTINCT_SHARE = 0.99;

function tellsApart(values: readonly (SourceValue | undefined)[]): boolean {
  const scalars = values.filter((value) => typeof value === 'string' || typeof value === 'number');
  return values.length > 0 && new Set(scalars).size >= values.length * DISTINCT_SHARE;
}

function valueAt(sample: SourceValue, steps: readonly (string | number)[]): SourceValue | undefined {
  let value: SourceValue | undefined = sample;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as unknown as Record<string | number, SourceValue | undefined>)[step];
  }
  return value;
}
