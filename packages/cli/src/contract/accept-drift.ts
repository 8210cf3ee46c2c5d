import { addEntry, hasEntry, removeEntry, replaceValue } from '@millrace/shared/contracts/edit-yaml-map';
import { formatColumnType } from '@millrace/shared/core/column-type';
import type { Column } from '@millrace/shared/core/pipeline';
import type { FoundDrift } from '@millrace/sources/contract/find-drift';

import { writeColumn, yamlText } from '../init/pipeline-text.ts';

/**
 * The text of `pipeline.yml` with a difference taken over: a new field as a column, a missing column removed, a type as it
 * was found. All else stays as it stands. Throws `pipeline_invalid` where columns are not written out in their place.
 */
export function acceptDrift(text: string, source: string, { drift, column }: FoundDrift): string {
  const columns = ['sources', source, 'tables', drift.table, 'columns'];
  switch (drift.kind) {
    case 'new_column':
      return column === null
        ? text
        : addEntry(text, columns, { key: yamlText(column.name), value: writeColumn(column) });
    case 'missing_column':
      return removeEntry(text, columns, drift.column);
    case 'changed_type':
      return column === null ? text : changeType(text, [...columns, drift.column], column);
  }
}

function changeType(text: string, path: readonly string[], { type, format }: Column): string {
  let changed = replaceValue(text, [...path, 'type'], yamlText(formatColumnType(type)));
  if (type.kind !== 'text' && hasEntry(changed, path, 'strict'))
    changed = removeEntry(changed, path, 'strict');
  const wanted = format === null || format === 'iso' ? null : yamlText(format);
  const hasFormat = hasEntry(changed, path, 'format');
  if (wanted === null) return hasFormat ? removeEntry(changed, path, 'format') : changed;
  return hasFormat
    ? replaceValue(changed, [...path, 'format'], wanted)
    : addEntry(changed, path, { key: 'format', value: wanted });
}
