const POLYNOMIAL = 0xedb88320;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** CRC-32 as in gzip and PNG. Finds every flipped bit, and every damage within 32 bits in a row. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  // By index: an iterator over bytes costs several times as much.
  for (let at = 0; at < bytes.length; at += 1) {
    value = (value >>> 8) ^ (TABLE[(value ^ (bytes[at] as number)) & 0xff] as number);
  }
  return (value ^ 0xffffffff) >>> 0;
}
