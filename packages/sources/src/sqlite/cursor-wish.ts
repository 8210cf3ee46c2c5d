import type { CursorDeclaration, CursorValue } from '@millrace/shared/core/cursor';

/** A table that is to be read by a cursor. */
export interface CursorWish extends CursorDeclaration {
  /** The watermark to go on from; null reads all rows. */
  readonly after: CursorValue | null;
  /** ISO UTC. */
  readonly plannedAt: string;
}
