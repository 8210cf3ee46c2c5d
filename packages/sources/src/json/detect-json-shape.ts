import { fail, isMillraceError, type MillraceError } from '@millrace/shared/core/errors';

import { ByteOrderMark } from './byte-order-mark.ts';
import { foreignFormat } from './foreign-format.ts';
import { asBuffer, BYTE, isWhiteSpace } from './json-bytes.ts';
import { ValueScanner } from './scan-values.ts';

/** What stands at the top of a file. Where the records of a document are is not to be seen from its bytes. */
export type DetectedShape = 'lines' | 'array' | 'values' | 'empty';

/** Enough to tell, and a bound for files of many short lines. */
const LINES_LOOKED_AT = 100;
const VALUE_START = /^\s*(?:[[{"\d-]|(?:true|false|null|NaN|Infinity)\b)/;
const SHOWN_BYTES = 20;

/**
 * Finds out how the records of a JSON file are laid out. When in doubt it is `lines`, where a bad record is only one
 * line: taken for `values`, a file with one bad line would be lost as a whole. Hence `values` are only
 *
 * - values that begin with `{` and go on over several lines, unless a third of the lines are whole objects, and
 * - several values in a file without any line feed (whole lines ended by CR, or values with nothing between).
 *
 * @param head the first bytes of the file
 * @param atEnd whether they are all of it
 * @param fileName for messages
 * @throws MillraceError `file_format` for another encoding than UTF-8, or what is no JSON
 */
export function detectJsonShape(head: Uint8Array, atEnd: boolean, fileName: string): DetectedShape {
  const foreign = foreignFormat(head);
  if (foreign !== null)
    throw notJson(fileName, `The file is ${foreign.what}, not JSON in UTF-8.`, foreign.hint);
  const content = withoutMarkAndSpace(asBuffer(head));
  if (content.length === 0) return atEnd ? 'empty' : 'lines';
  const lines = completeLines(content, atEnd);
  const whole = lines.filter((line) => countValues(line) > 0);
  const firstIsWhole = whole.length > 0 && whole[0] === lines[0];
  if (content[0] === BYTE.openBracket) return firstIsWhole && lines.length > 1 ? 'lines' : 'array';
  const isObject = content[0] === BYTE.openBrace;
  if (!isObject && whole.length === 0 && (lines.length > 0 || !beginsLikeValue(content))) {
    const beginning = JSON.stringify(content.toString('utf8', 0, SHOWN_BYTES));
    throw notJson(
      fileName,
      `The file is not JSON: it begins with ${beginning}.`,
      'Check the path and the type of the source.',
    );
  }
  if (!content.includes(BYTE.lineFeed)) return countValues(content, !atEnd) > 1 ? 'values' : 'lines';
  if (!isObject || firstIsWhole || lines.length < 2) return 'lines';
  const objects = whole.filter((line) => line[0] === BYTE.openBrace).length;
  return objects * 3 >= lines.length ? 'lines' : 'values';
}

function withoutMarkAndSpace(head: Buffer): Buffer {
  const mark = new ByteOrderMark();
  let start = 0;
  while (mark.pass(head[start], start)) start += 1;
  while (start < head.length && isWhiteSpace(head[start])) start += 1;
  return head.subarray(start);
}

/** Lines that are not blank; the last one counts if it has its end, or the file ends with it. */
function completeLines(content: Buffer, atEnd: boolean): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  while (start < content.length && lines.length < LINES_LOOKED_AT) {
    const newline = content.indexOf(BYTE.lineFeed, start);
    if (newline === -1 && !atEnd) break;
    const line = content.subarray(start, newline === -1 ? content.length : newline);
    if (!line.every(isWhiteSpace)) lines.push(line);
    start += line.length + 1;
  }
  return lines;
}

/** How many values there are; 0 when there is anything else, or a value without its end unless that is `open`. */
function countValues(bytes: Buffer, open = false): number {
  if (!beginsLikeValue(bytes)) return 0;
  let count = 0;
  let cut = false;
  const scanner = new ValueScanner(
    { start: 0, end: null, firstLine: 1 },
    '',
    (_start, _end, _line, whole) => {
      if (whole) count += 1;
      else cut = true;
    },
  );
  try {
    scanner.scan(bytes, false);
    scanner.end();
  } catch (error) {
    if (isMillraceError(error)) return 0;
    throw error;
  }
  return cut && !open ? 0 : count;
}

function beginsLikeValue(bytes: Buffer): boolean {
  return VALUE_START.test(bytes.toString('latin1', 0, SHOWN_BYTES));
}

function notJson(fileName: string, message: string, hint: string): MillraceError {
  return fail('file_format', { message, where: fileName, hint });
}
