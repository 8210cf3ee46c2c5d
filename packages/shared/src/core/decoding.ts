/** How the characters of a text file are written in bytes. */
export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** How the bytes of a JSON or CSV file become text, and what they may come to. Other sources do not look at it. */
export interface Decoding {
  readonly encoding: Encoding;
  /** Of one file, decompressed. */
  readonly maxBytes: number;
  /** Decompressed bytes ÷ stored bytes. */
  readonly maxRatio: number;
}

const GIBIBYTE = 1024 ** 3;

/** A file beyond these is rather a bomb, or a sparse file by mistake, than data. */
export const DEFAULT_DECODING: Decoding = { encoding: 'utf-8', maxBytes: 256 * GIBIBYTE, maxRatio: 200 };
