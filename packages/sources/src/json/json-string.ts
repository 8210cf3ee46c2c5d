import { jsonFault, unexpected } from './json-fault.ts';

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const HEX = /[0-9a-fA-F]{4}/y;

/**
 * A string that has escapes.
 * @param start of the string, after its quote
 * @param from the first backslash
 * @returns the string, and the character after its closing quote
 */
export function readEscapedString(text: string, start: number, from: number): { value: string; end: number } {
  let value = text.slice(start, from);
  let at = from;
  for (;;) {
    const character = text[at];
    if (character === '"') return { value, end: at + 1 };
    if (character === '\\') {
      const escape = readEscape(text, at);
      value += escape;
      at += text[at + 1] === 'u' ? 6 * escape.length : 2;
      continue;
    }
    const plain = at;
    while (text.charCodeAt(at) >= 0x20 && text[at] !== '"' && text[at] !== '\\') at += 1;
    if (at === plain) throw unexpected(text, at, 'the rest of a string (control characters must be escaped)');
    value += text.slice(plain, at);
  }
}

/** The one character, or the two halves of one, that the escape at `at` stands for. */
function readEscape(text: string, at: number): string {
  const letter = text[at + 1] ?? '';
  const simple = SIMPLE_ESCAPES[letter];
  if (simple !== undefined) return simple;
  if (letter !== 'u') throw unexpected(text, at + 1, 'one of "\\/bfnrtu after a backslash');
  const unit = readUnit(text, at + 2);
  if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
  const next = text.slice(at + 6, at + 8);
  if (unit < 0xdc00 && next.length < 2 && '\\u'.startsWith(next)) {
    throw unexpected(text, text.length, 'the other half of a surrogate pair');
  }
  if (unit < 0xdc00 && next === '\\u') {
    const low = readUnit(text, at + 8);
    if (low >= 0xdc00 && low <= 0xdfff) return String.fromCharCode(unit, low);
  }
  throw jsonFault(
    'invalid_unicode',
    `The escape ${text.slice(at, at + 6)} at character ${at + 1} is half of a surrogate pair without the other half.`,
  );
}

function readUnit(text: string, at: number): number {
  HEX.lastIndex = at;
  const digits = HEX.exec(text);
  if (digits !== null) return Number.parseInt(digits[0], 16);
  let bad = at;
  while (/^[0-9a-fA-F]$/.test(text[bad] ?? '')) bad += 1;
  throw unexpected(text, bad, 'four hexadecimal digits');
}
