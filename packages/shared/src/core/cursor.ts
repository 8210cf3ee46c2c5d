/**
 * A value of a cursor column as its database stores it, in a form that JSON keeps exactly. `text` has the digits of
 * an integer, the shortest digits of a real, or the text itself.
 */
export interface CursorValue {
  readonly type: 'integer' | 'real' | 'text';
  readonly text: string;
}

/** How a table is read by a cursor, as its pipeline declares it. */
export interface CursorDeclaration {
  readonly column: string;
  /** How far a run reads again behind the watermark; null reads only what is beyond it. */
  readonly lag: CursorLag | null;
  /** What a number in the column counts, where its declared `format` says so; null where numbers are just numbers. */
  readonly epoch: 'epoch_s' | 'epoch_ms' | null;
}

export type CursorLag =
  /** In the column's own unit. */
  | { readonly kind: 'number'; readonly amount: number }
  | { readonly kind: 'duration'; readonly seconds: number };

/** The rows that a run reads: those beyond `over`, or from it on, up to and with `upTo`. Null in `upTo`: none. */
export interface CursorRange {
  readonly column: string;
  /** Null: from the first row on. */
  readonly over: { readonly value: CursorValue; readonly inclusive: boolean } | null;
  readonly upTo: CursorValue | null;
}

/**
 * Less than, equal to or greater than 0, as SQLite orders them: numbers exactly, whether integer or real. Null when
 * one is a number and the other a text.
 */
export function compareCursors(one: CursorValue, other: CursorValue): number | null {
  if ((one.type === 'text') !== (other.type === 'text')) return null;
  const [a, b] = [nativeCursor(one), nativeCursor(other)];
  if (a === b) return 0;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As a value to bind or compare: a bigint for an integer, a number for a real. */
export function nativeCursor({ type, text }: CursorValue): bigint | number | string {
  if (type === 'integer') return BigInt(text);
  return type === 'real' ? Number(text) : text;
}

/** The opposite of `nativeCursor`. */
export function cursorValue(native: bigint | number | string): CursorValue {
  if (typeof native === 'string') return { type: 'text', text: native };
  return { type: typeof native === 'bigint' ? 'integer' : 'real', text: String(native) };
}

/** The greater of two values, or the one there is. Of values that cannot be compared, the second. */
export function laterCursor(one: CursorValue | null, other: CursorValue | null): CursorValue | null {
  if (one === null || other === null) return one ?? other;
  return (compareCursors(one, other) ?? -1) > 0 ? one : other;
}
