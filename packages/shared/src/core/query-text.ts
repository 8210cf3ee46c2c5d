const SKIPPED = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()+/;
const READING = ['select', 'with', 'values', 'from', 'explain', 'describe', 'summarize'];

/**
 * Whether a statement begins as one that only reads. A courtesy that gives a clear message early; that nothing is
 * changed is seen to by the engine.
 */
export function beginsAsQuery(sql: string): boolean {
  const word = /^[a-z]+/i.exec(sql.replace(SKIPPED, ''))?.[0].toLowerCase();
  return word !== undefined && READING.includes(word);
}

/** An integer as a number where that is exact. */
export function exactNumber(integer: bigint): number | bigint {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
