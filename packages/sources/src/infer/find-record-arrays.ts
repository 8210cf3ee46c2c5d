import type { Decoding } from '@millrace/shared/core/decoding';
import type { PlannedInput } from '@millrace/shared/core/plan';

import { openText } from '../discover/open-text.ts';

/**
 * Finds arrays of objects in a JSON document of any size, while its bytes go by: those to which keys alone lead, for
 * they can be the `records` of a source. The bytes need not be valid JSON; what is not is found by whoever reads them.
 */
export interface RecordArrayFinder {
  push(chunk: Uint8Array): void;
  /** Keys that lead to each array, in the order of the document. */
  readonly arrays: readonly (readonly string[])[];
}

/** Deeper arrays are parts of records rather than records. */
const MAX_DEPTH = 4;
const MAX_KEY_BYTES = 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Of a JSON file whose content is one document. Reads all of it; throws what that throws. */
export async function recordArraysIn(
  input: Pick<PlannedInput, 'path' | 'compression'>,
  decoding: Decoding,
): Promise<readonly (readonly string[])[]> {
  const finder = findRecordArrays();
  for await (const chunk of openText(input, decoding)) finder.push(chunk);
  return finder.arrays;
}

export function findRecordArrays(): RecordArrayFinder {
  return new Finder();
}

class Finder implements RecordArrayFinder {
  readonly arrays: string[][] = [];
  /** Keys of the open objects that only objects enclose. */
  readonly #path: string[] = [];
  /** Open containers, of which those behind `#path` are passed over. */
  #depth = 0;
  /** Depth at which an array was entered; what is inside is passed over. 0 outside of arrays. */
  #arrayDepth = 0;
  #awaitsElement = false;
  #inText = false;
  #escaped = false;
  #key: number[] = [];
  #lastText = '';

  push(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (this.#inText) this.#text(byte);
      else if (byte > 0x20) this.#structure(byte);
    }
  }

  #text(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inText = false;
      if (this.#arrayDepth === 0) this.#lastText = keyOf(this.#key);
      return;
    }
    if (this.#arrayDepth === 0 && this.#key.length < MAX_KEY_BYTES) this.#key.push(byte);
  }

  #structure(byte: number): void {
    if (this.#awaitsElement) {
      if (byte === OPEN_BRACE) this.arrays.push(this.#path.slice(0, this.#arrayDepth - 1));
      this.#awaitsElement = false;
    }
    if (byte === QUOTE) {
      this.#inText = true;
      this.#key = [];
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#enter(byte);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#leave();
    else if (byte === COLON && this.#arrayDepth === 0) this.#path[this.#depth - 1] = this.#lastText;
  }

  #enter(byte: number): void {
    this.#depth += 1;
    if (this.#arrayDepth > 0) return;
    const isEntered = byte === OPEN_BRACKET && this.#depth > 1 && this.#depth - 1 <= MAX_DEPTH;
    if (byte === OPEN_BRACKET || this.#depth > MAX_DEPTH) this.#arrayDepth = this.#depth;
    this.#awaitsElement = isEntered;
  }

  #leave(): void {
    if (this.#depth === this.#arrayDepth) this.#arrayDepth = 0;
    this.#depth -= 1;
  }
}

function keyOf(bytes: readonly number[]): string {
  const text = Buffer.from(bytes).toString();
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
