/**
 * Called for each record: its bytes are `start` to `end` of the file, it begins on `line`. `whole` is false for the
 * last record of a file that ends before the record does.
 */
export type OnRecord = (start: number, end: number, line: number, whole: boolean) => void;

/**
 * Finds where records begin and end, in bytes that come in chunks cut anywhere. It looks at no more than it must, and
 * keeps no bytes; so what is between the boundaries is still to be read. Reading a file and cutting it into
 * partitions both use it, and therefore agree.
 */
export interface BoundaryScanner {
  /** Where the record begins that has not ended yet; -1 between records. */
  readonly openAt: number;
  /** Lines without a record met so far; 0 where lines have no meaning. */
  readonly blank: number;
  /** Throws `file_unreadable`, `file_format` or `schema_mismatch` when the structure around the records is not as declared. */
  scan(bytes: Buffer): void;
  /** No more bytes will come. Throws `file_unreadable` when the file cannot end here. */
  end(): void;
}

/** Where a scan begins: all of a file, or a slice of it. */
export interface ScanStart {
  /** Offset in the file; 0 is the beginning, else it is the first byte of a record or of the white space before it. */
  readonly start: number;
  /** Null: the bytes go on to the end of the file. */
  readonly end: number | null;
  readonly firstLine: number;
}
