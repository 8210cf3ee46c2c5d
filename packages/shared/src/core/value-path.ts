import { fail } from './errors.ts';

/**
 * Where a column finds its value. Written `a.b[0]["odd.key"]`; `^a.b` starts at the parent record of an `each`
 * table; `$index` is the 0-based position of the element in its array.
 */
export interface ValuePath {
  readonly from: 'record' | 'parent' | 'index';
  readonly steps: readonly (string | number)[];
}

const STEP = /\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/y;

/** Throws `pipeline_invalid` with the place where the text stops making sense. */
export function parseValuePath(text: string): ValuePath {
  if (text === '$index') return { from: 'index', steps: [] };
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
        hint: 'Write keys separated by dots, [0] for an array element, ["odd.key"] for a key with dots or brackets, ^ for the parent record, $index for the position.',
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
  if (from === 'index') return '$index';
  return (from === 'parent' ? '^' : '') + formatSteps(steps);
}

/** Keys separated by dots, as `each` and `records` are written. */
export function formatSteps(steps: readonly (string | number)[]): string {
  return steps.map(formatStep).join('');
}

function formatStep(step: string | number, index: number): string {
  if (typeof step === 'number') return `[${step}]`;
  const isPlain = /^[^.[\]^$"\\]+$/.test(step);
  if (!isPlain) return `[${JSON.stringify(step)}]`;
  return index === 0 ? step : `.${step}`;
}
