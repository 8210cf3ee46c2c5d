import type { Column } from '@millrace/shared/core/pipeline';

import { uniqueName } from './unique-name.ts';

/** The column that holds the keys of records that are members of an object, beside the inferred columns of their values. */
export function keyColumn(others: readonly Column[]): Column {
  return {
    name: uniqueName('key', new Set(others.map(({ name }) => name.toLowerCase()))),
    type: { kind: 'text' },
    path: { from: 'key', steps: [] },
    required: false,
    strict: false,
    format: null,
  };
}
