/**
 * A value as a source holds it, before it is typed. Nothing is rounded on the way here: a JSON number that a
 * double cannot hold with all its digits is an `ExactNumber` with its source text, SQLite integers are bigints.
 * Objects have no prototype, so that a key such as `__proto__` is a key like any other.
 */
export type SourceValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | ExactNumber
  | Uint8Array
  | readonly SourceValue[]
  | { readonly [key: string]: SourceValue };

/** A number kept as its text, for example `12345678901234567890` or `1e400`. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
