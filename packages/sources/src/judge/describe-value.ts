import { ExactNumber, type SourceValue } from '../source-value.ts';

const MAX_SHOWN = 100;
/** Characters that move the cursor, hide, or turn the direction of a text. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A value as people are shown it: JSON, so that "12" is seen to be text and 12 a number, cut at about a hundred
 * characters, with nothing in it that could disturb a terminal. The cost does not grow with the value.
 */
export function describeValue(value: SourceValue): string {
  const text = outline(value, MAX_SHOWN);
  return shorten(text).replaceAll(UNSEEN, escapeCharacter);
}

function shorten(text: string): string {
  if (text.length <= MAX_SHOWN) return text;
  const halved = /[\ud800-\udbff]/.test(text.charAt(MAX_SHOWN - 1));
  return `${text.slice(0, halved ? MAX_SHOWN - 1 : MAX_SHOWN)}…`;
}

/** JSON text that may stop anywhere after `room` characters. */
function outline(value: SourceValue, room: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, room));
  if (value instanceof ExactNumber) return value.text;
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return outlineArray(value as readonly SourceValue[], room);
  return outlineObject(value as Readonly<Record<string, SourceValue>>, room);
}

function outlineArray(array: readonly SourceValue[], room: number): string {
  let text = '[';
  for (const element of array) {
    if (text.length > room) return text;
    text += (text === '[' ? '' : ',') + outline(element, room - text.length);
  }
  return `${text}]`;
}

function outlineObject(object: Readonly<Record<string, SourceValue>>, room: number): string {
  let text = '{';
  for (const key in object) {
    if (text.length > room) return text;
    text += `${text === '{' ? '' : ','}${JSON.stringify(key)}:`;
    text += outline(object[key] ?? null, room - text.length);
  }
  return `${text}}`;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
