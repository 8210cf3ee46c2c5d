import type { CsvOptions } from '@millrace/shared/core/pipeline';

import type { CsvLayout, CsvSlice } from './read-csv-records.ts';
import { RecordScanner } from './record-scanner.ts';

export interface CsvCutting {
  readonly layout: CsvLayout;
  readonly options: CsvOptions;
  /** A slice ends with the first record at which it has this many bytes. */
  readonly targetBytes: number;
}

export interface CsvCutter {
  /** Takes the bytes of the file from its very beginning, cut into chunks anywhere. */
  push(chunk: Uint8Array): void;
  /** Slices that cover all bytes behind the header; at least one, even when there is no record. */
  end(): (CsvSlice & { readonly end: number })[];
}

/** Cuts a file into slices of whole records, so that several tasks share it. */
export function createCsvCutter({ layout, options, targetBytes }: CsvCutting): CsvCutter {
  const scanner = new RecordScanner({
    delimiter: layout.delimiter,
    quote: options.quote,
    newline: layout.newline,
    byteOffset: 0,
    line: 1,
    skipBytes: layout.dataStart,
  });
  const slices: (CsvSlice & { readonly end: number })[] = [];
  let open: Omit<CsvSlice, 'end'> | null = null;
  let nextRecord = 1;
  let totalBytes = 0;

  function scan(): void {
    while (scanner.next()) {
      const { byteOffset, line } = scanner;
      open ??= { start: layout.dataStart, firstLine: line, firstRecord: 1 };
      if (scanner.blank) continue;
      if (byteOffset - open.start >= targetBytes) {
        slices.push({ ...open, end: byteOffset, records: nextRecord - open.firstRecord });
        open = { start: byteOffset, firstLine: line, firstRecord: nextRecord };
      }
      nextRecord += 1;
    }
  }

  return {
    push(chunk) {
      scanner.push(chunk);
      totalBytes += chunk.length;
      scan();
    },
    end() {
      scanner.finish();
      scan();
      open ??= { start: layout.dataStart, firstLine: scanner.line, firstRecord: 1 };
      return [...slices, { ...open, end: totalBytes, records: nextRecord - open.firstRecord }];
    },
  };
}
