import type { FileSlice } from '@millrace/shared/core/task';

import { createScanner, type JsonShape } from './create-scanner.ts';
import { asBuffer } from './json-bytes.ts';

export type JsonSlice = Omit<FileSlice, 'input'>;

export interface JsonCutting {
  readonly shape: JsonShape;
  /** Steps to the records, for the shapes `document` and `members`. */
  readonly records: readonly (string | number)[] | null;
  /** A slice ends with the first record that makes it this large. */
  readonly targetBytes: number;
  /** For messages. */
  readonly fileName: string;
}

/** Takes the bytes of a file as they pass by on their way to something else, such as a hash. */
export interface JsonCutter {
  /** Throws as `BoundaryScanner.scan` does. */
  push(chunk: Uint8Array): void;
  /**
   * The slices: together they are the whole file, each begins with a record (the first one with the file), and the
   * last one has no end, so that its reader sees whether the file was complete.
   */
  end(): readonly JsonSlice[];
}

export function createJsonCutter({ shape, records, targetBytes, fileName }: JsonCutting): JsonCutter {
  const slices: JsonSlice[] = [];
  let open = { start: 0, firstLine: 1, firstRecord: 1 };
  let count = 0;
  const scanner = createScanner(
    shape,
    records,
    { start: 0, end: null, firstLine: 1 },
    fileName,
    (start, _end, line) => {
      count += 1;
      if (count === open.firstRecord || start - open.start < targetBytes) return;
      slices.push({ ...open, end: start, records: count - open.firstRecord });
      open = { start, firstLine: line, firstRecord: count };
    },
  );
  return {
    push: (chunk) => {
      scanner.scan(asBuffer(chunk), false);
    },
    end: () => {
      scanner.end();
      return [...slices, { ...open, end: null, records: count + 1 - open.firstRecord }];
    },
  };
}
