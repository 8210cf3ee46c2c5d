export interface FieldSyntax {
  readonly delimiter: string;
  readonly quote: string;
  /** Unquoted values that mean null, besides the empty one. */
  readonly nulls: ReadonlySet<string>;
}

/** A field as it was written: null means unquoted and empty, or one of `nulls`. */
export type Field = string | null;

/**
 * Cuts records into fields. Works on the text of many records at once, because making a string of each record
 * first costs more than the cutting.
 */
export class FieldSplitter {
  /** Fields of the record split last are the first ones; what stands behind them is left from earlier records. */
  readonly fields: Field[] = [];
  readonly #delimiter: string;
  readonly #quote: string;
  readonly #nulls: ReadonlySet<string>;
  #text = '';
  /** The delimiter found last, so that text without any is not searched to its end for every record. */
  #delimiterAt = -1;

  constructor(syntax: FieldSyntax) {
    this.#delimiter = syntax.delimiter;
    this.#quote = syntax.quote;
    this.#nulls = syntax.nulls;
  }

  /** Sets the text that positions refer to. Its records are to be split in their order. */
  setText(text: string): void {
    this.#text = text;
    this.#delimiterAt = -1;
  }

  /** Number of fields of the record from `from` to `to`, which has no quote. */
  splitUnquoted(from: number, to: number): number {
    let count = 0;
    let start = from;
    while (start <= to) {
      const end = Math.min(this.#nextDelimiter(start), to);
      this.fields[count] = this.#unquoted(start, end);
      count += 1;
      start = end + 1;
    }
    return count;
  }

  /** Number of fields of a record in which quotes stand only where CSV allows them; others the scanner has refused. */
  splitQuoted(from: number, to: number): number {
    const text = this.#text;
    let count = 0;
    let start = from;
    while (start <= to) {
      let end: number;
      if (start < to && text[start] === this.#quote) {
        const closing = this.#closingQuote(start + 1);
        this.fields[count] = this.#unescape(text.slice(start + 1, closing));
        end = closing + 1;
      } else {
        end = Math.min(this.#nextDelimiter(start), to);
        this.fields[count] = this.#unquoted(start, end);
      }
      count += 1;
      start = end + 1;
    }
    return count;
  }

  #nextDelimiter(from: number): number {
    if (this.#delimiterAt < from) {
      const found = this.#text.indexOf(this.#delimiter, from);
      this.#delimiterAt = found === -1 ? this.#text.length : found;
    }
    return this.#delimiterAt;
  }

  #closingQuote(from: number): number {
    let at = this.#text.indexOf(this.#quote, from);
    while (this.#text[at + 1] === this.#quote) at = this.#text.indexOf(this.#quote, at + 2);
    return at;
  }

  #unescape(inside: string): string {
    const quote = this.#quote;
    return inside.includes(quote) ? inside.replaceAll(quote + quote, quote) : inside;
  }

  #unquoted(start: number, end: number): Field {
    if (start === end) return null;
    const text = this.#text.slice(start, end);
    return this.#nulls.size > 0 && this.#nulls.has(text) ? null : text;
  }
}
