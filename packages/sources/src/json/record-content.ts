import { isUtf8 } from 'node:buffer';

import type { RecordContent } from '../source-record.ts';
import { parseJson } from './parse-json.ts';

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

/** Whether all is well but for a character at the end that lacks its last bytes. */
function isCutCharacter(bytes: Buffer): boolean {
  let lead = bytes.length - 1;
  while (lead > Math.max(0, bytes.length - 4) && isContinuation(bytes[lead])) lead -= 1;
  const missing = characterBytes(bytes[lead] ?? 0) - (bytes.length - lead);
  if (missing < 1 || !isUtf8(bytes.subarray(0, lead))) return false;
  // Only the second byte of a character depends on the first: if it is there, any others would do.
  const started = bytes.subarray(lead);
  return started.length === 1 || isUtf8(Buffer.concat([started, Buffer.alloc(missing, 0x80)]));
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0;
}

/** How many bytes a character has by its first one; 0 when none begins with it. */
function characterBytes(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function invalidUtf8Message(bytes: Buffer): string {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    const head = bytes.subarray(0, middle);
    if (isUtf8(head) || isCutCharacter(head)) valid = middle;
    else invalid = middle;
  }
  while (!isUtf8(bytes.subarray(0, valid))) valid -= 1;
  const byte = (bytes[valid] ?? 0).toString(16).padStart(2, '0');
  return `Byte 0x${byte}, ${valid} bytes into the record, is not valid UTF-8.`;
}
