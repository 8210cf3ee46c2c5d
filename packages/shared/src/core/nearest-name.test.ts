import { describe, expect, it } from 'vitest';

import { didYouMean, nearestName } from './nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['desination', 'destination'],
    ['sorces', 'sources'],
    ['Models', 'models'],
    ['modles', 'models'],
  ])('guesses %s as %s', (given, meant) => {
    expect(nearestName(given, ['name', 'sources', 'models', 'destination'])).toBe(meant);
  });

  it('does not guess at what is too far off', () => {
    expect(nearestName('colour', ['name', 'sources'])).toBeNull();
    expect(nearestName('x', [])).toBeNull();
    expect(didYouMean('zzzzzz', ['name'])).toBe('');
  });
});
