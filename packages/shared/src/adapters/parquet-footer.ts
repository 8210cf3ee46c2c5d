import { open } from 'node:fs/promises';

/** Length of the metadata and the mark `PAR1`, at the end of every Parquet file. */
const TAIL_BYTES = 8;
/** Most metadata is smaller than this, and then one read is enough. */
const FIRST_READ_BYTES = 16 * 1024;
const NUM_ROWS_FIELD = 3;

/**
 * The number of rows that a Parquet file says it has. Read by none of the code that wrote it, so that the two counts
 * prove something about each other. Null for a file without readable metadata.
 */
export async function readFooterRows(file: string): Promise<number | null> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const readEnd = async (length: number): Promise<Buffer> => {
      const wanted = Math.min(length, size);
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(wanted), 0, wanted, size - wanted);
      return buffer.subarray(0, bytesRead);
    };
    const end = await readEnd(FIRST_READ_BYTES);
    const length = metadataLength(end);
    if (length === null) return null;
    return rowsOf(length + TAIL_BYTES > end.length ? await readEnd(length + TAIL_BYTES) : end, length);
  } finally {
    await handle.close();
  }
}

/** The same of a file in memory. */
export function footerRows(content: Uint8Array): number | null {
  const end = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const length = metadataLength(end);
  return length === null ? null : rowsOf(end, length);
}

function metadataLength(end: Buffer): number | null {
  const isParquet = end.length >= TAIL_BYTES && end.toString('latin1', end.length - 4) === 'PAR1';
  return isParquet ? end.readUInt32LE(end.length - TAIL_BYTES) : null;
}

function rowsOf(end: Buffer, length: number): number | null {
  if (length + TAIL_BYTES > end.length) return null;
  try {
    return new MetadataReader(end.subarray(end.length - TAIL_BYTES - length, end.length - TAIL_BYTES)).rows();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Types of values in Thrift's compact protocol. */
const WIRE = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
} as const;

/** Reads as much of a Parquet file's metadata (Thrift, compact protocol) as lies before the number of rows. */
class MetadataReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Null when there is no such field. Throws RangeError when the bytes end too early. */
  rows(): number | null {
    let field = 0;
    for (;;) {
      const header = this.#byte();
      const type = header & 0x0f;
      if (type === WIRE.stop) return null;
      field = header >> 4 === 0 ? this.#zigzag() : field + (header >> 4);
      if (field === NUM_ROWS_FIELD && type === WIRE.i64) return this.#zigzag();
      this.#skip(type);
    }
  }

  #byte(): number {
    const byte = this.#bytes.readUInt8(this.#position);
    this.#position += 1;
    return byte;
  }

  /** By multiplication: shifts would lose what is beyond 32 bits. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 128) return value;
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #skip(type: number): void {
    if (type === WIRE.true || type === WIRE.false) return;
    if (type === WIRE.byte) this.#position += 1;
    else if (type > WIRE.byte && type <= WIRE.i64) this.#varint();
    else if (type === WIRE.double) this.#position += 8;
    else if (type === WIRE.binary) this.#skipBinary();
    else if (type === WIRE.list || type === WIRE.set) this.#skipList();
    else if (type === WIRE.struct) this.#skipStruct();
    else throw new RangeError('A type that Parquet metadata does not use.');
  }

  /** In two statements: `+=` would add to the position from before the length was read. */
  #skipBinary(): void {
    const length = this.#varint();
    this.#position += length;
  }

  #skipList(): void {
    const header = this.#byte();
    const type = header & 0x0f;
    const size = header >> 4 === 15 ? this.#varint() : header >> 4;
    for (let index = 0; index < size; index += 1) {
      // In a list a boolean is a byte of its own; in a field it is the type.
      this.#skip(type === WIRE.true || type === WIRE.false ? WIRE.byte : type);
    }
  }

  #skipStruct(): void {
    for (;;) {
      const header = this.#byte();
      if ((header & 0x0f) === WIRE.stop) return;
      if (header >> 4 === 0) this.#zigzag();
      this.#skip(header & 0x0f);
    }
  }
}
