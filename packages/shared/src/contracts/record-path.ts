import { fail } from '../core/errors.ts';
import { parseValuePath } from '../core/value-path.ts';

type Steps = readonly (string | number)[];

/** Whether `records:` asks for every member of an object: its last step is a * outside of quotes. */
export function hasMembers(records: string | undefined): boolean {
  return records !== undefined && /(?:^|[.\]])\*$/.test(records);
}

/** Where `records:` says the records are: in the array at the end of the path, or in the object there. */
export function recordsPath(text: string): { records: Steps; members: boolean } {
  if (!hasMembers(text)) return { records: recordSteps(text), members: false };
  if (text === '*') return { records: [], members: true };
  return { records: recordSteps(text.slice(0, -1).replace(/\.$/, '')), members: true };
}

/** The keys of a path to an array. Parent, position and key have no meaning there, and * has none but at its end. */
export function recordSteps(text: string): Steps {
  const { from, steps } = parseValuePath(text);
  if (from !== 'record') {
    throw fail('pipeline_invalid', {
      message: `'${text}' cannot be used here.`,
      hint: 'Write keys separated by dots.',
    });
  }
  if (steps.includes('*') && !text.includes('["*"]')) {
    throw fail('pipeline_invalid', {
      message: `In '${text}', * cannot be used like this.`,
      hint: 'It stands for every member of an object as the last step of `records:`, and nowhere else. A key that is * is written ["*"].',
    });
  }
  return steps;
}
