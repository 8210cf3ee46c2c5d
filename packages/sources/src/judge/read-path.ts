import type { ValuePath } from '@millrace/shared/core/value-path';

import { ExactNumber, type SourceValue } from '../source-value.ts';
import { Refusal } from './refusal.ts';

export type SourceObject = Readonly<Record<string, SourceValue>>;

/** A path that leads through something it cannot lead through, for example `channel.name` where channel is a text. */
export class WrongTurn extends Refusal {
  readonly found: SourceValue;

  constructor(expected: string, found: SourceValue) {
    super('type_mismatch', expected);
    this.found = found;
  }
}

/** What is at the end of a path; undefined when there is nothing. */
export type ReadPath = (root: SourceValue) => SourceValue | undefined | WrongTurn;

export function isSourceObject(value: SourceValue): value is SourceObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ExactNumber) &&
    !(value instanceof Uint8Array)
  );
}

/**
 * Compiles the steps of a path. What hangs on an absent value is absent, and what hangs on null is null.
 * @param steps from an object, so the first one is taken without a look at what the root is
 */
export function compilePath(steps: ValuePath['steps']): ReadPath {
  const [first, ...rest] = steps;
  const key = String(first);
  if (first === undefined) return (root) => root;
  if (rest.length === 0) return (root) => (root as SourceObject)[key];
  return (root) => {
    let value: SourceValue | undefined = (root as SourceObject)[key];
    for (let index = 1; index < steps.length; index += 1) {
      if (value === undefined || value === null) return value;
      const step = steps[index] as string | number;
      if (typeof step === 'number' ? !Array.isArray(value) : !isSourceObject(value)) {
        const container = typeof step === 'number' ? 'an array' : 'an object';
        return new WrongTurn(`${container} at ${formatSteps(steps.slice(0, index))}`, value);
      }
      value = (value as SourceObject)[step];
    }
    return value;
  };
}

/** As a pipeline file writes a path, for messages. */
export function formatSteps(steps: ValuePath['steps']): string {
  return steps.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (/[.[\]"\\]/.test(step) || step === '') return `${text}[${JSON.stringify(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
