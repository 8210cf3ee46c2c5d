import type { Column } from '@millrace/shared/core/pipeline';

import type { SourceValue } from '../source-value.ts';
import { collectFields } from './collect-fields.ts';
import { fittingKind, inferredColumn, type TextDialect } from './fitting-type.ts';
import { uniqueName } from './unique-name.ts';

/**
 * Columns for records whose columns were not declared: one per key in the order in which keys were first seen. A
 * key whose values are all objects gives a column per inner key, named `outer_inner`; arrays and deeper objects
 * are kept as json. Types are those that the judge accepts for every sampled value, so a guess that is wrong
 * for a later record shows up as a reject. Money is `double` here: whether it is a decimal, and of which scale, only
 * its owner knows; `init` proposes it to them.
 */
export function inferColumns(samples: Iterable<SourceValue>, dialect: TextDialect): Column[] {
  const taken = new Set<string>();
  return collectFields(samples, 1).map(({ steps, values }) =>
    inferredColumn(uniqueName(steps.join('_'), taken), steps, { kind: fittingKind(values, dialect) }),
  );
}
