import { fail, type MillraceError } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';

import { BYTE } from './json-bytes.ts';
import { parseJson } from './parse-json.ts';

/** Keys listed when the one that was looked for is not there. */
const MAX_LISTED = 20;
/** No step is longer, so what is longer is not kept. */
const MAX_KEY_BYTES = 4096;

/** Where the records of a document are. */
export interface RecordsPlace {
  /** Keys and indexes that lead there. */
  readonly steps: readonly (string | number)[];
  /** Whether the records are the members of an object there, not the elements of an array. */
  readonly members: boolean;
}

/** An object or array on the way to the records. */
interface Level {
  /** The key or index that leads on. */
  readonly step: string | number;
  /** Whether the step was met. */
  found: boolean;
  /** Keys met so far, the first ones. */
  readonly keys: string[];
  /** Values met so far. */
  count: number;
}

/**
 * Follows the steps to the records, which are in an array or are members of an object, while a scanner walks through the document: the containers on the
 * way are entered, all other values are passed over.
 */
export class PathTracker {
  readonly #steps: readonly (string | number)[];
  readonly #members: boolean;
  readonly #fileName: string;
  readonly #levels: Level[] = [];
  /** Containers that are open: 0 outside of all, steps + 1 among the records. */
  #depth = 0;
  #keyBytes: number[] = [];
  #key = '';

  constructor({ steps, members }: RecordsPlace, fileName: string) {
    this.#steps = steps;
    this.#members = members;
    this.#fileName = fileName;
  }

  /** The bytes begin among the records, as those of a later slice of a file do. */
  startInRecords(): void {
    for (const step of this.#steps) {
      const passed = typeof step === 'number' ? step + 1 : 1;
      this.#levels.push({ step, found: true, keys: [], count: passed });
    }
    this.#depth = this.#steps.length + 1;
  }

  get inRecords(): boolean {
    return this.#depth === this.#steps.length + 1;
  }

  get topIsArray(): boolean {
    return this.#isArray(0);
  }

  /** Whether the innermost open container is an array. */
  get inArray(): boolean {
    return this.#isArray(this.#depth - 1);
  }

  enter(): void {
    const step = this.#steps[this.#depth];
    if (step !== undefined) this.#levels[this.#depth] = { step, found: false, keys: [], count: 0 };
    this.#depth += 1;
  }

  /** Leaves the innermost container; returns whether it was the outermost. Throws when the step was not met in it. */
  leave(): boolean {
    this.#depth -= 1;
    const level = this.#levels[this.#depth];
    if (level !== undefined && this.#depth < this.#steps.length && !level.found) throw this.#notFound(level);
    return this.#depth === 0;
  }

  addToKey(byte: number): void {
    if (this.#keyBytes.length < MAX_KEY_BYTES) this.#keyBytes.push(byte);
  }

  /** The key is complete. @param offset of its closing quote */
  endKey(offset: number): void {
    const parsed = parseJson(`"${Buffer.from(this.#keyBytes).toString()}"`);
    this.#keyBytes = [];
    if (!parsed.ok) throw this.#unusable(offset, `A key that ends here is not valid JSON. ${parsed.message}`);
    this.#key = parsed.value as string;
    const level = this.#levels[this.#depth - 1];
    if (level !== undefined && level.keys.length < MAX_LISTED) level.keys.push(this.#key);
  }

  /**
   * A value begins outside of the records. Returns whether the steps lead through it; throws when they do but it
   * is not the kind of container that the next step needs.
   */
  leadsOn(byte: number, offset: number): boolean {
    const level = this.#levels[this.#depth - 1];
    if (level === undefined) return false;
    const position = level.count;
    level.count += 1;
    if (level.step !== (typeof level.step === 'number' ? position : this.#key)) return false;
    if (level.found)
      throw this.#unusable(
        offset,
        `The key ${JSON.stringify(this.#key)} stands twice, so it is not clear where the records are.`,
      );
    level.found = true;
    const wanted = this.#isArray(this.#depth) ? BYTE.openBracket : BYTE.openBrace;
    if (byte !== wanted) throw this.#wrongKind(byte, offset);
    return true;
  }

  #isArray(depth: number): boolean {
    return depth === this.#steps.length ? !this.#members : typeof this.#steps[depth] === 'number';
  }

  #notFound(level: Level): MillraceError {
    const place = this.#depth === 0 ? 'the document' : `'${this.#pathTo(this.#depth)}'`;
    if (typeof level.step === 'number') {
      return this.#mismatch(
        `The path of the records asks for element ${level.step} of ${place}, which has ${level.count}.`,
      );
    }
    const keys = level.keys.map((key) => `'${key}'`).join(', ');
    const listed =
      level.count > level.keys.length ? `${keys} and ${level.count - level.keys.length} more` : keys;
    return this.#mismatch(
      `There is no '${level.step}' in ${place}.${didYouMean(level.step, level.keys)} ${level.count === 0 ? 'It is empty.' : `It has: ${listed}.`}`,
    );
  }

  #wrongKind(byte: number, offset: number): MillraceError {
    const wanted = this.#isArray(this.#depth) ? 'an array' : 'an object';
    return this.#mismatch(
      `'${this.#pathTo(this.#depth)}' is ${kindOf(byte)}, but the path of the records needs ${wanted} there.`,
      `, byte ${offset}`,
    );
  }

  #mismatch(message: string, place = ''): MillraceError {
    return fail('schema_mismatch', {
      message,
      where: this.#fileName + place,
      hint: 'Correct `records:` of the source: keys separated by dots that lead to an array, or to an object and end with .* if its members are the records.',
    });
  }

  #unusable(offset: number, message: string): MillraceError {
    return fail('file_unreadable', {
      message,
      where: `${this.#fileName}, byte ${offset}`,
      hint: 'Repair or export the file again.',
    });
  }

  #pathTo(depth: number): string {
    return this.#steps.slice(0, depth).join('.');
  }
}

function kindOf(byte: number): string {
  if (byte === BYTE.openBrace) return 'an object';
  if (byte === BYTE.openBracket) return 'an array';
  if (byte === BYTE.quote) return 'a text';
  return byte === 0x6e ? 'null' : 'a number or boolean';
}
