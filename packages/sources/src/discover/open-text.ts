import type { Decoding } from '@millrace/shared/core/decoding';
import type { PlannedInput } from '@millrace/shared/core/plan';

import { decompress } from './compression.ts';
import { readBytes } from './open-input.ts';
import { transcode } from './transcode.ts';

/**
 * The text of a JSON or CSV file in UTF-8: decompressed, within the limits of its source, and transcoded. Offsets count
 * the bytes that come out; so only a file that is neither compressed nor transcoded can be entered in the middle.
 * @param reuses whether chunks may lie in two buffers by turns, as of `readBytes`
 */
export function openText(
  { path, compression }: Pick<PlannedInput, 'path' | 'compression'>,
  decoding: Decoding,
  start = 0,
  end: number | null = null,
  reuses = false,
): AsyncIterable<Uint8Array> {
  if (canBeCut(compression, decoding)) return readBytes(path, start, end, reuses);
  const content = decompress(readBytes(path, start, end), compression, decoding, path);
  return transcode(content, decoding.encoding);
}

/** Whether several tasks may share the file. */
export function canBeCut(compression: PlannedInput['compression'], { encoding }: Decoding): boolean {
  return compression === 'none' && encoding === 'utf-8';
}
