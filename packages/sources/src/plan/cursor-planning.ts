import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import type { CursorDeclaration, CursorRange } from '@millrace/shared/core/cursor';
import { fail } from '@millrace/shared/core/errors';
import type { Pipeline } from '@millrace/shared/core/pipeline';
import {
  findWatermark,
  lowestWatermark,
  type PlannedCursor,
  type Watermark,
  type WatermarkPlace,
} from '@millrace/shared/core/watermark';

import type { CursorWish } from '../sqlite/cursor-wish.ts';

/** What planning knows of tables that are read by a cursor. */
export interface CursorPlanning {
  /** How such a table is to be read. Throws `schema_mismatch` when its watermark is of another column. */
  wish(place: WatermarkPlace, declared: CursorDeclaration): CursorWish;
  /** What becomes of its watermark; `range` is what its database said. */
  plan(place: WatermarkPlace, wish: CursorWish, range: CursorRange | null): PlannedCursor;
}

export interface CursorPlanningOptions {
  /** ISO UTC. */
  readonly plannedAt: string;
  /** Whether to read all rows, whatever has been published. */
  readonly full: boolean;
}

/** Asks the destinations of a pipeline for its watermarks, if any of its tables needs one. */
export async function openCursorPlanning(
  pipeline: Pipeline,
  options: CursorPlanningOptions,
): Promise<CursorPlanning> {
  const isAsked = pipeline.sources.some(({ tables }) => tables.some(({ cursor }) => cursor !== null));
  const known: Watermark[][] = [];
  for (const destination of isAsked ? pipeline.destinations : []) {
    const reader = openDestinationReader(destination);
    try {
      known.push(await reader.watermarks(pipeline.name));
    } finally {
      await reader.close();
    }
  }
  return createCursorPlanning(known, options);
}

function createCursorPlanning(
  known: readonly (readonly Watermark[])[],
  { plannedAt, full }: CursorPlanningOptions,
): CursorPlanning {
  const marksOf = (place: WatermarkPlace) => known.map((watermarks) => findWatermark(watermarks, place));
  return {
    wish(place, declared) {
      const marks = marksOf(place);
      if (!full) checkColumn(place, declared.column, marks);
      return { ...declared, after: full ? null : lowestWatermark(marks), plannedAt };
    },
    plan(place, { after, column }, range) {
      const found = marksOf(place).map((mark) =>
        mark === null ? null : { column: mark.column, value: mark.value },
      );
      return { ...place, column: range?.column ?? column, found, after, upTo: range?.upTo ?? null };
    },
  };
}

function checkColumn(place: WatermarkPlace, column: string, marks: readonly (Watermark | null)[]): void {
  const other = marks.find((mark) => mark !== null && mark.column.toLowerCase() !== column.toLowerCase());
  if (other === undefined || other === null) return;
  throw fail('schema_mismatch', {
    message: `Table '${place.table}' was read by the cursor '${other.column}' so far, and is now to be read by '${column}': what is beyond its watermark cannot be told.`,
    where: place.file,
    hint: 'Run once with --full: it reads all rows and sets the watermark anew.',
  });
}

export const NO_WATERMARKS = createCursorPlanning([], { plannedAt: '9999-01-01T00:00:00.000Z', full: false });
