import { foreignFormat } from './json/foreign-format.ts';

const SHOWN_BYTES = 16;

/**
 * How a file begins, to follow "The file is not …:": what it is known to be ("it is an HTML page"), else its first
 * bytes, as text where they are text.
 */
export function describeBeginning(head: Uint8Array): string {
  const foreign = foreignFormat(head);
  if (foreign !== null) return `it is ${foreign.what}`;
  if (head.length === 0) return 'it is empty';
  const shown = Buffer.from(head.subarray(0, SHOWN_BYTES));
  const text = shown.toString('latin1');
  if (/^[\x20-\x7e\t\r\n]+$/.test(text)) return `it begins with ${JSON.stringify(text)}`;
  return `it begins with the bytes ${shown.toString('hex').replaceAll(/../g, '$& ').trimEnd()}`;
}
