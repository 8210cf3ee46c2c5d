const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** No content size, no checksum; a window of 128 KiB. */
const HEADER = [0x00, 0x38];
const MAX_BLOCK_BYTES = 128 * 1024;
const RAW = 0;
const REPEATED = 1;

/** A frame of Zstandard that holds the bytes as they are: no compressor is at hand where the tests run. */
export function zstdFrame(content: Uint8Array): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at === 0 || at < content.length; at += MAX_BLOCK_BYTES) {
    const part = content.subarray(at, at + MAX_BLOCK_BYTES);
    blocks.push(blockHeader(RAW, part.length, at + MAX_BLOCK_BYTES >= content.length), Buffer.from(part));
  }
  return Buffer.concat([Buffer.from([...MAGIC, ...HEADER]), ...blocks]);
}

/** A frame that unpacks to one byte many times, at four bytes for each 128 KiB. */
export function zstdBomb(byte: number, blocks: number): Buffer {
  const parts = Array.from({ length: blocks }, (_, index) =>
    Buffer.concat([blockHeader(REPEATED, MAX_BLOCK_BYTES, index === blocks - 1), Buffer.from([byte])]),
  );
  return Buffer.concat([Buffer.from([...MAGIC, ...HEADER]), ...parts]);
}

function blockHeader(type: number, size: number, isLast: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((isLast ? 1 : 0) | (type << 1) | (size << 3), 0, 3);
  return header;
}
