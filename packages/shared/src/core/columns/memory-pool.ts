const MOST_KEPT_BYTES = 64 * 1024 * 1024;

/**
 * Memory that is used again. A worker fills columns of the same sizes all day; new memory for each of them costs the
 * system its pages, and makes the garbage collector run for every few batches.
 */
export class MemoryPool {
  private readonly free = new Map<number, ArrayBuffer[]>();
  private readonly mostKeptBytes: number;
  private keptBytes = 0;

  /** @param mostKeptBytes more than this is not kept for later: it may never be asked for again */
  constructor(mostKeptBytes: number = MOST_KEPT_BYTES) {
    this.mostKeptBytes = mostKeptBytes;
  }

  /** Memory with any content. */
  take(byteLength: number): ArrayBuffer {
    const kept = this.free.get(byteLength)?.pop();
    if (kept === undefined) return new ArrayBuffer(byteLength);
    this.keptBytes -= byteLength;
    return kept;
  }

  /** Gives back memory that nobody looks at any more. */
  give(memory: ArrayBuffer): void {
    const { byteLength } = memory;
    if (this.keptBytes + byteLength > this.mostKeptBytes) return;
    this.keptBytes += byteLength;
    const kept = this.free.get(byteLength);
    if (kept === undefined) this.free.set(byteLength, [memory]);
    else kept.push(memory);
  }
}
