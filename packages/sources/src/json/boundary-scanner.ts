/**
 * Called for each record: its bytes are `start` to `end` of the file, it begins on `line`. `whole` is false for the
 * last record of a file that ends before the record does.
 */
export type OnRecord = (start: number, end: number, line: number, whole: boolean) => void;

/** Where a scanner stands: within a record or outside of all records, right before a record, or right behind one. */
export type RecordSpot = 'elsewhere' | 'before' | 'behind';

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
  /** `before` may be wrong when no record follows: white space or the end of the records may. */
  readonly spot: RecordSpot;
  /**
   * Throws `file_unreadable`, `file_format` or `schema_mismatch` when the structure around the records is not as declared.
   * @param once whether to stop behind the first record that ends
   * @returns how many of the bytes were looked at
   */
  scan(bytes: Buffer, once: boolean): number;
  /** Passes bytes that were read otherwise: whole records up to the end of the last, or of its line. */
  pass(byteCount: number, lineEnds: number): void;
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
