import { describe, expect, it } from 'vitest';

import { isMillraceError } from '../core/errors.ts';
import { makeManifest, makePlan } from '../testing/make-plan.ts';
import { readManifest } from './manifest-v1.ts';
import { readPlan } from './plan-v1.ts';
import { writeJson } from './read-json.ts';

const plan = makePlan();
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** What reading a damaged copy ends with. */
function outcome(read: (content: Uint8Array, key: string) => unknown, content: Uint8Array): string {
  try {
    read(content, 'the file');
    return 'believed';
  } catch (error) {
    return isMillraceError(error) && error.where === 'the file' ? error.code : String(error);
  }
}

describe('a file of millrace', () => {
  it('is JSON that people and other tools can read, and says of itself nothing to its readers', () => {
    const content = writeJson(plan);
    expect(JSON.parse(text(content))).toEqual({
      ...plan,
      crc32: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
    });
    expect(readPlan(content, 'plan.json')).toEqual(plan);
  });

  it('of an earlier release, without a checksum, is read', () => {
    const content = new TextEncoder().encode(JSON.stringify(plan));
    expect(readPlan(content, 'plan.json')).toEqual(plan);
  });

  it('is refused with any one bit flipped', () => {
    const content = writeJson(makeManifest(plan, 'model-daily'));
    const outcomes = new Map<string, number>();
    for (let bit = 0; bit < content.length * 8; bit += 1) {
      const damaged = Uint8Array.from(content);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      const found = outcome(readManifest, damaged);
      outcomes.set(found, (outcomes.get(found) ?? 0) + 1);
    }
    // A letter of the checksum's own name: then it is a member that no schema knows.
    expect([...outcomes.keys()].sort()).toEqual(['message_invalid', 'record_corrupt']);
    expect(outcomes.get('message_invalid')).toBeLessThanOrEqual(8 * 'crc32'.length);
  });

  it('is refused at any length but its own', () => {
    const content = writeJson(plan);
    for (let length = 0; length < content.length; length += 1) {
      expect(outcome(readPlan, content.subarray(0, length))).toBe('record_corrupt');
    }
    expect(outcome(readPlan, Buffer.concat([content, Buffer.from(' ')]))).toBe('record_corrupt');
  });

  it('with a digit changed by hand is refused, and without its checksum believed', () => {
    const changed = text(writeJson(plan)).replace('50000', '40000');
    expect(outcome(readPlan, new TextEncoder().encode(changed))).toBe('record_corrupt');
    const unsealed = changed.replace(/,\n {2}"crc32": "\w+"/, '');
    expect(readPlan(new TextEncoder().encode(unsealed), 'plan.json').batch.rows).toBe(40_000);
  });
});
