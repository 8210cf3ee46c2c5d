import { expect, test } from 'vitest';

import { ownCommand, shellPath, shellWord } from './own-command.ts';

test('outside a checkout and without millrace on the PATH, Node is called with the path', () => {
  expect(ownCommand({ PATH: '/nowhere' }, '/')).toMatch(/^node .*main\.js$/);
});

test('what npm puts on the PATH for a moment is not relied on', () => {
  expect(ownCommand({ PATH: `${process.cwd()}/node_modules/.bin` }, '/')).toMatch(/^node /);
});

test('a word that a shell would take apart is quoted', () => {
  expect(shellWord('data/orders.json')).toBe('data/orders.json');
  expect(shellWord("it's here")).toBe(`'it'\\''s here'`);
});

test('paths are shown the shorter way', () => {
  expect(shellPath('/home/me/project/data', '/home/me/project')).toBe('data');
  expect(shellPath('/tmp/x', '/home/me/project/deep/inside')).toBe('/tmp/x');
});

test('in a container the command is what is called outside of it', () => {
  const variables = { PATH: '/nowhere', MILLRACE_COMMAND: 'docker compose run --rm cli' };
  expect(ownCommand(variables)).toBe('docker compose run --rm cli');
});
