import fc, { type GeneratorValue } from 'fast-check';

import { Draw } from './draw.mjs';

/** One builder for all: fast-check looks a builder up by its arguments, which is slow where they are many. */
const word = () => fc.noBias(fc.nat({ max: 2 ** 31 - 1 }));

const drawFrom = (gen: GeneratorValue) =>
  new Draw((min, max) => min + Math.floor((gen(word) / 2 ** 31) * (max - min + 1)));

/**
 * Checks what `check` says about so many random cases. A failure names the seed and path by which fast-check finds the
 * case again; it is not shrunk, as that takes minutes: the error of the check should show its case.
 */
export async function checkCases(cases: number, check: (draw: Draw) => void | Promise<void>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (gen) => check(drawFrom(gen))),
    { numRuns: cases, endOnFailure: true },
  );
}
