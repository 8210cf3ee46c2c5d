import { fail } from './errors.ts';

/**
 * Where a column finds its value. Written `a.b[0]["odd.key"]`; `^a.b` starts at the parent record of an `each`
 * table; `$index` is the 0-based position of the element in its array; `$key` is the key of a record that is a member
 * of an object, and `^$key` the same in an `each` table.
 */
export interface ValuePath {
  readonly from: 'record' | 'parent' | 'index' | 'key' | 'parentKey';
  readonly steps: readonly (string | number)[];
}

/** Paths that are not made of steps. */
const WORDS: Readonly<Record<string, ValuePath['from']>> = {
  $index: 'index',
  $key: 'key',
  '^$key': 'parentKey',
};
const STEP = /\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/y;

/** Throws `pipeline_invalid` with the place where the text stops making sense. */
export function parseValuePath(text: string): ValuePath {
  const word = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
  if (word !== undefined) return { from: word, steps: [] };
  const from = text.startsWith('^') ? 'parent' : 'record';
  const body = from === 'parent' ? text.slice(1) : text;
  return { from, steps: parseSteps(body, text) };
}

function parseSteps(body: string, whole: string): (string | number)[] {
  const steps: (string | number)[] = [];
  let at = 0;
  while (at < body.length || steps.length === 0) {
    if (steps.length > 0 && body[at] === '.') at += 1;
    STEP.lastIndex = at;
    const match = STEP.exec(body);
    if (match === null) {
      throw fail('pipeline_invalid', {
        message: `Cannot read the path '${whole}' at '${body.slice(at)}'.`,
        hint: 'Write keys separated by dots, [0] for an array element, ["odd.key"] for a key with dots or brackets, ^ for the parent record, $index for the position, $key for the key of a record.',
      });
    }
    const [text, index, quoted, plain] = match;
    if (index !== undefined) steps.push(Number(index));
    else if (quoted !== undefined) steps.push(JSON.parse(`"${quoted}"`) as string);
    else steps.push(plain as string);
    at += text.length;
  }
  return steps;
}

/** The path as it is written in a pipeline file; the inverse of `parseValuePath`. */
export function formatValuePath({ from, steps }: ValuePath): string {
  const word = Object.keys(WORDS).find((key) => WORDS[key] === from);
  if (word !== undefined) return word;
  return (from === 'parent' ? '^' : '') + formatSteps(steps);
}

/** Keys separated by dots, as `each` and `records` are written. */
export function formatSteps(steps: readonly (string | number)[]): string {
  return steps.map(formatStep).join('');
}

function formatStep(step: string | number, index: number): string {
  if (typeof step === 'number') return `[${step}]`;
  const isPlain = /^[^.[\]^$"\\]+$/.test(step) && step !== '*';
  if (!isPlain) return `[${JSON.stringify(step)}]`;
  return index === 0 ? step : `.${step}`;
}
