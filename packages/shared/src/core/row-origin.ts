/** The record of a source that a staged row was made of. */
export interface RowOrigin {
  /** As shown to people: relative to the pipeline folder where it is inside it. */
  readonly file: string;
  /** From 1; null where only the file is known. */
  readonly recordNumber: number | null;
}
