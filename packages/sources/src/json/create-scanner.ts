import type { InputLayout } from '@millrace/shared/core/plan';

import { ArrayScanner } from './scan-array.ts';
import type { BoundaryScanner, OnRecord, ScanStart } from './boundary-scanner.ts';
import { LineScanner } from './scan-lines.ts';
import { ValueScanner } from './scan-values.ts';

/** How the records of a JSON file are laid out. */
export type JsonShape = Extract<InputLayout, { kind: 'json' }>['shape'];

/** @param records steps to the array of records in a document; not looked at for other shapes */
export function createScanner(
  shape: JsonShape,
  records: readonly (string | number)[] | null,
  start: ScanStart,
  fileName: string,
  onRecord: OnRecord,
): BoundaryScanner {
  switch (shape) {
    case 'lines':
      return new LineScanner(start, onRecord);
    case 'values':
      return new ValueScanner(start, fileName, onRecord);
    case 'array':
      return new ArrayScanner([], start, fileName, onRecord);
    case 'document':
      return new ArrayScanner(records ?? [], start, fileName, onRecord);
  }
}
