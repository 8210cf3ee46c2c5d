import { isUtf8 } from 'node:buffer';

import type { RecordContent } from '../source-record.ts';
import { parseJson } from './parse-json.ts';

/** A character of UTF-8 has at most this many bytes. */
const MAX_CHARACTER_BYTES = 4;

/**
 * Reads the bytes of one record.
 * @param checked whether they are known to be UTF-8
 * @param last whether the file ends right behind them, so that a record that stops short was cut off there
 */
export function readContent(bytes: Buffer, checked: boolean, last: boolean): RecordContent {
  if (!checked && !isUtf8(bytes)) {
    if (last && isCutCharacter(bytes)) return truncated('The file ends in the middle of a character.');
    return { ok: false, reason: 'invalid_utf8', message: invalidUtf8Message(bytes) };
  }
  const parsed = parseJson(bytes.toString());
  if (parsed.ok) return parsed;
  if (last && parsed.cut) return truncated(parsed.message);
  return { ok: false, reason: parsed.reason, message: parsed.message };
}

function truncated(detail: string): RecordContent {
  return {
    ok: false,
    reason: 'truncated_record',
    message: `The file ends before the record does. ${detail}`,
  };
}

/** Whether all is well but for some bytes at the end, where a character has begun. */
function isCutCharacter(bytes: Buffer): boolean {
  const last = bytes.length;
  for (let end = last - 1; end > Math.max(-1, last - MAX_CHARACTER_BYTES); end -= 1) {
    if (isUtf8(bytes.subarray(0, end))) return true;
  }
  return false;
}

function invalidUtf8Message(bytes: Buffer): string {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isValidUpTo(bytes, middle)) valid = middle;
    else invalid = middle;
  }
  const byte = (bytes[valid] ?? 0).toString(16).padStart(2, '0');
  return `Byte 0x${byte}, ${valid} bytes into the record, is not valid UTF-8.`;
}

/** Whether the bytes before `end` are UTF-8, but for a last character that has not ended yet. */
function isValidUpTo(bytes: Buffer, end: number): boolean {
  const head = bytes.subarray(0, end);
  return isUtf8(head) || isCutCharacter(head);
}
