/** Types of values in Thrift's compact protocol. */
export const WIRE = {
  true: 1,
  false: 2,
  int32: 5,
  int64: 6,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

const FIRST_BYTES = 64 * 1024;
const MOST_VARINT_BYTES = 5;

/** Bytes that grow, and the part of Thrift's compact protocol in which Parquet writes its metadata. */
export class CompactWriter {
  bytes = new Uint8Array(FIRST_BYTES);
  length = 0;
  private field = 0;
  private readonly outerFields: number[] = [];

  clear(): void {
    this.length = 0;
  }

  /** Makes room for this many bytes and gives the position of the first, which is behind all that was written. */
  take(count: number): number {
    const at = this.length;
    const end = at + count;
    if (end > this.bytes.byteLength) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(end)));
      larger.set(this.bytes.subarray(0, at));
      this.bytes = larger;
    }
    this.length = end;
    return at;
  }

  put(bytes: Uint8Array): void {
    const at = this.take(bytes.byteLength);
    this.bytes.set(bytes, at);
  }

  byte(value: number): void {
    const at = this.take(1);
    this.bytes[at] = value;
  }

  /** Four bytes, the lowest first. */
  uint32(value: number): void {
    const at = this.take(4);
    for (let byte = 0; byte < 4; byte += 1) this.bytes[at + byte] = value >>> (byte * 8);
  }

  /** @param value less than 2 ** 32 */
  varint(value: number): void {
    let at = this.take(MOST_VARINT_BYTES);
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.bytes[at++] = (rest & 127) | 128;
    this.bytes[at] = rest;
    this.length = at + 1;
  }

  /** Begins a struct: the root, or an element of a list. */
  begin(): void {
    this.outerFields.push(this.field);
    this.field = 0;
  }

  /** Ends the struct that was begun last. */
  end(): void {
    this.byte(0);
    this.field = this.outerFields.pop() ?? 0;
  }

  /** Begins a struct in a field. */
  struct(field: number): void {
    this.header(field, WIRE.struct);
    this.begin();
  }

  /** @param value neither negative nor as large as 2 ** 31 */
  integer(field: number, type: typeof WIRE.int32 | typeof WIRE.int64, value: number): void {
    this.header(field, type);
    this.element(value);
  }

  boolean(field: number, value: boolean): void {
    this.header(field, value ? WIRE.true : WIRE.false);
  }

  binary(field: number, bytes: Uint8Array): void {
    this.header(field, WIRE.binary);
    this.binaryElement(bytes);
  }

  /** Announces a list; its elements are to follow. */
  list(field: number, type: number, size: number): void {
    this.header(field, WIRE.list);
    if (size < 15) {
      this.byte((size << 4) | type);
      return;
    }
    this.byte(0xf0 | type);
    this.varint(size);
  }

  /** An integer in a list, zigzag-encoded as all are. */
  element(value: number): void {
    this.varint(value * 2);
  }

  binaryElement(bytes: Uint8Array): void {
    this.varint(bytes.byteLength);
    this.put(bytes);
  }

  /** Fields of a struct come in ascending order, none more than 15 behind the one before it. */
  private header(field: number, type: number): void {
    this.byte(((field - this.field) << 4) | type);
    this.field = field;
  }
}
