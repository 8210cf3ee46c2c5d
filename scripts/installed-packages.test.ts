import { expect, test } from 'vitest';

import { isInstalled } from './installed-packages.mjs';

const locked = {
  '': { version: '0.1.0' },
  'packages/shared': { version: '0.1.0' },
  'node_modules/@millrace/shared': { link: true },
  'node_modules/zod': { version: '4.6.7' },
  'node_modules/fsevents': { version: '2.3.3', optional: true },
};

test('workspaces, links and packages of other platforms need no record', () => {
  const installed = {
    'node_modules/@millrace/shared': { link: true },
    'node_modules/zod': { version: '4.6.7' },
  };
  expect(isInstalled(locked, installed)).toBe(true);
});

test.each([
  ['a missing package', { 'node_modules/@millrace/shared': { link: true } }],
  [
    'another version',
    { 'node_modules/@millrace/shared': { link: true }, 'node_modules/zod': { version: '4.6.6' } },
  ],
  ['a workspace that is not linked', { 'node_modules/zod': { version: '4.6.7' } }],
])('%s asks for an installation', (_, installed) => {
  expect(isInstalled(locked, installed)).toBe(false);
});
