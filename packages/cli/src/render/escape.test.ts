import { expect, test } from 'vitest';

import { escapeControls } from './escape.ts';

test('control characters become visible and harmless', () => {
  expect(escapeControls('\u001b[2Jgone\nnext\ttab\u0007')).toBe('\\x1b[2Jgone\\nnext\\ttab\\x07');
  expect(escapeControls('\u009b31m')).toBe('\\x9b31m');
});

test('marks that reorder text become visible', () => {
  expect(escapeControls('abc\u202etxt.exe')).toBe('abc\\u202etxt.exe');
});

test('letters of any language stay as they are', () => {
  expect(escapeControls('Łódź 東京 😀 é')).toBe('Łódź 東京 😀 é');
});
