import { expect, test } from 'vitest';

import { requireKnownReplays } from './replay-fence.ts';

const replay = { root: 'root', after: ['one', 'two'] };

test('a replay is published beside those that it was planned after, whether all of them came or not', () => {
  expect(() => requireKnownReplays(replay, ['one', 'two'], '/out.db')).not.toThrow();
  expect(() => requireKnownReplays(replay, ['two'], '/out.db')).not.toThrow();
  expect(() => requireKnownReplays(null, ['other'], '/out.db')).not.toThrow();
});

test('a replay that was given up and came through after all keeps the next one out', () => {
  expect(() => requireKnownReplays(replay, ['one', 'late'], '/out.db')).toThrow(/replay late of run root/);
});
