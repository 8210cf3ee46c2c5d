import type { RecordContent } from '../source-record.ts';
import { BYTE, isWhiteSpace } from './json-bytes.ts';
import { readContent } from './record-content.ts';

/**
 * Reads the bytes of a record that is a member of an object: its key, a colon, its value. Of faults in both, that
 * of the key is told.
 * @param checked whether they are known to be UTF-8
 * @param last whether the file ends right behind them
 */
export function readMember(bytes: Buffer, checked: boolean, last: boolean): RecordContent {
  const keyEnd = endOfKey(bytes);
  const colon = skipSpace(bytes, keyEnd);
  if (keyEnd === 0 || bytes[colon] !== BYTE.colon) {
    return { ok: false, reason: 'json_syntax', message: 'Expected a key in quotes, a colon and a value.' };
  }
  const key = readContent(bytes.subarray(0, keyEnd), checked, false);
  if (!key.ok) return { ...key, message: `In the key: ${key.message}` };
  const content = readContent(bytes.subarray(skipSpace(bytes, colon + 1)), checked, last);
  return content.ok ? { ...content, key: key.value as string } : content;
}

/** The position behind the closing quote of a text that the bytes begin with; 0 when they begin with none. */
function endOfKey(bytes: Buffer): number {
  if (bytes[0] !== BYTE.quote) return 0;
  for (let at = 1; at < bytes.length; at += bytes[at] === BYTE.backslash ? 2 : 1) {
    if (bytes[at] === BYTE.quote) return at + 1;
  }
  return 0;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isWhiteSpace(bytes[at])) at += 1;
  return at;
}
