import type { Dealt } from './storefront-deck.ts';
import type { BadRecord, OrderFile, StorefrontFormat } from './storefront-ledger.ts';

const LAYOUTS: Record<
  StorefrontFormat,
  { readonly head: string; readonly between: string; readonly tail: string }
> = {
  lines: { head: '', between: '\n', tail: '\n' },
  array: { head: '[\n', between: ',\n', tail: '\n]\n' },
  document: {
    head: '{"shop":"storefront","data":{"orders":[\n',
    between: ',\n',
    tail: '\n]},"exported_at":"2025-01-01T00:00:00Z"}\n',
  },
};
const CHUNK_CHARACTERS = 64 * 1024;

/** The text of one file of orders, and where in it the bad records stand. */
export class OrderFileText {
  readonly badRecords: BadRecord[] = [];
  readonly #file: string;
  readonly #format: StorefrontFormat;
  #text = '';
  #flushedBytes = 0;
  #line = 1;
  #accepted = 0;
  #blankLines = 0;

  constructor(file: string, format: StorefrontFormat) {
    this.#file = file;
    this.#format = format;
  }

  /** The file's bytes, piece by piece, so that memory does not grow with the file. */
  *chunks(dealt: Iterable<Dealt>): Generator<Buffer> {
    const { head, between, tail } = LAYOUTS[this.#format];
    let before = head;
    let after = tail;
    for (const next of dealt) {
      this.#write(before);
      before = between;
      if (next.kind === 'bad') {
        yield this.#flush();
        yield this.#place(next.bad);
        if (next.bad.reason === 'truncated_record') after = '';
      } else if (next.kind === 'blank') {
        this.#blankLines += 1;
        this.#text += next.text;
      } else {
        this.#accepted += 1;
        this.#text += next.order.json;
      }
      if (this.#text.length > CHUNK_CHARACTERS) yield this.#flush();
    }
    this.#write(after);
    yield this.#flush();
  }

  /** Complete once `chunks` is. */
  summary(): OrderFile {
    return {
      file: this.#file,
      records: this.#accepted + this.badRecords.length,
      accepted: this.#accepted,
      rejected: this.badRecords.length,
      blank_lines: this.#blankLines,
      size_bytes: this.#flushedBytes,
    };
  }

  /** Of everything that is written, only what stands around records has ends of lines, and never more than one. */
  #write(around: string): void {
    if (around.includes('\n')) this.#line += 1;
    this.#text += around;
  }

  #place({ bytes, kind, reason, note }: Extract<Dealt, { kind: 'bad' }>['bad']): Buffer {
    this.badRecords.push({
      file: this.#file,
      line: this.#line,
      record_number: this.#accepted + this.badRecords.length + 1,
      byte_offset: this.#flushedBytes,
      byte_length: bytes.length,
      kind,
      reason,
      note,
    });
    this.#flushedBytes += bytes.length;
    return bytes;
  }

  #flush(): Buffer {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    this.#flushedBytes += bytes.length;
    return bytes;
  }
}
