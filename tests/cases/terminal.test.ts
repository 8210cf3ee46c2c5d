import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { writePipeline } from '../support/extract-folder.ts';
import { ROOT } from '../support/test-stack.ts';

/** A title set, a colour, a line of its own, a reordered word and a cleared screen. */
const HOSTILE = 'x\u001b]0;owned\u0007\u001b[31mred\r\nerror[fake]: none\u202etxt\u009b2J';
// eslint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-case-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** All that the CLI prints about the folder. */
function plan(...args: string[]): Promise<string> {
  const cli = path.join(ROOT, 'packages/cli/dist/main.js');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [cli, 'plan', folder, ...args],
      { env: { ...process.env, NO_COLOR: '1' } },
      (_, out, err) => resolve(out + err),
    );
  });
}

const source = (keys: Record<string, unknown>) => ({
  data: { type: 'json', path: 'data', tables: { data: {} }, ...keys },
});

test('B28 names of files, keys and values do not steer the terminal', async () => {
  await writePipeline(folder, {
    sources: source({}),
    files: { [`data/${HOSTILE}.json`]: `${JSON.stringify({ [HOSTILE]: HOSTILE })}\n` },
  });
  for (const args of [[], ['--sample']]) {
    const printed = await plan(...args);
    expect(printed).toContain('owned');
    expect(printed).not.toMatch(STEERING);
    expect(printed).not.toMatch(/^error\[fake\]/m);
  }
});

test('B28 nor does what an error tells of them, as text or as JSON', async () => {
  await writePipeline(folder, {
    sources: source({ type: 'csv' }),
    files: { [`data/${HOSTILE}.csv`]: `"${HOSTILE}","${HOSTILE}"\n1,2\n` },
  });
  const printed = await plan();
  expect(printed).toContain('are both named');
  expect(printed).not.toMatch(STEERING);
  expect(printed).not.toMatch(/^error\[fake\]/m);
  const json = await plan('--json');
  expect(json).toContain('file_format');
  expect(json.replaceAll(/[^\p{Cc}\n]/gu, '')).not.toMatch(STEERING);
});
