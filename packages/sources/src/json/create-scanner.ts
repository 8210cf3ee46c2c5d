import type { InputLayout } from '@millrace/shared/core/plan';

import type { BoundaryScanner, OnRecord, ScanStart } from './boundary-scanner.ts';
import { ContainerScanner } from './scan-container.ts';
import { LineScanner } from './scan-lines.ts';
import { ValueScanner } from './scan-values.ts';

/** How the records of a JSON file are laid out. */
export type JsonShape = Extract<InputLayout, { kind: 'json' }>['shape'];

/** @param records steps to the records in a document, for the shapes `document` and `members` */
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
      return new ContainerScanner({ steps: [], members: false }, start, fileName, onRecord);
    case 'document':
      return new ContainerScanner({ steps: records ?? [], members: false }, start, fileName, onRecord);
    case 'members':
      return new ContainerScanner({ steps: records ?? [], members: true }, start, fileName, onRecord);
  }
}
