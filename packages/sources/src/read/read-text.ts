import { fail } from '@millrace/shared/core/errors';
import type { PlannedInput, PlannedSource } from '@millrace/shared/core/plan';
import type { FileSlice } from '@millrace/shared/core/task';

import { readCsvRecords } from '../csv/read-csv-records.ts';
import { openText } from '../discover/open-text.ts';
import { readJsonRecords } from '../json/read-json-records.ts';
import type { RecordStream } from '../source-record.ts';

/** Records of a slice of a JSON or CSV file, compressed or not, whatever its encoding. */
export function readText(
  source: Pick<PlannedSource, 'records' | 'csv' | 'decoding'>,
  input: Pick<PlannedInput, 'path' | 'name' | 'compression' | 'layout'>,
  slice: Omit<FileSlice, 'input'>,
): RecordStream {
  const chunks = openText(input, source.decoding, slice.start, slice.end);
  const { layout } = input;
  if (layout.kind === 'json') {
    return readJsonRecords({
      chunks,
      shape: layout.shape,
      records: source.records,
      slice,
      fileName: input.name,
    });
  }
  if (layout.kind === 'csv' && source.csv !== null) {
    return readCsvRecords({ chunks, layout, options: source.csv, slice, fileName: input.name });
  }
  throw fail('message_invalid', {
    message: `A file of layout ${layout.kind} has no text records.`,
    where: input.path,
  });
}
