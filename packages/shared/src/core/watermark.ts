import { compareCursors, laterCursor, type CursorValue } from './cursor.ts';
import { fail } from './errors.ts';

/** Which rows of a source a watermark speaks of. */
export interface WatermarkPlace {
  readonly source: string;
  /** The staged table. */
  readonly table: string;
  /** The file as it is shown to people: a pipeline folder that is moved keeps its watermarks. */
  readonly file: string;
}

/** The highest value of a cursor whose rows a destination has. */
export interface Watermark extends WatermarkPlace {
  readonly column: string;
  readonly value: CursorValue;
}

/** A table of a file that is read by a cursor, as it was decided at planning. */
export interface PlannedCursor extends WatermarkPlace {
  readonly column: string;
  /** What each destination of the plan had, in their order; null where it had none. */
  readonly found: readonly (Pick<Watermark, 'column' | 'value'> | null)[];
  /** The watermark that the run goes on from: the lowest of those found; null when all rows are read. */
  readonly after: CursorValue | null;
  /** The greatest value there was: what the watermark becomes when the run is published. Null: no rows at all. */
  readonly upTo: CursorValue | null;
}

export function findWatermark(watermarks: readonly Watermark[], place: WatermarkPlace): Watermark | null {
  return (
    watermarks.find(
      ({ source, table, file }) => source === place.source && table === place.table && file === place.file,
    ) ?? null
  );
}

/** The lowest, for what lies beyond it is missing somewhere; null when one is missing altogether. */
export function lowestWatermark(found: readonly (Pick<Watermark, 'value'> | null)[]): CursorValue | null {
  return found
    .map((one) => one?.value ?? null)
    .reduce((lowest, one) =>
      lowest === null || one === null ? null : (compareCursors(one, lowest) ?? -1) < 0 ? one : lowest,
    );
}

/**
 * The watermarks that a destination has once the run is published there; they never go back. To be called in the
 * transaction that publishes, with what the destination has then. Throws `watermark_moved` unless that is what the
 * plan was made from: rows between the two would be published twice, or never.
 * @param destination index into the plan's destinations
 */
export function moveWatermarks(
  cursors: readonly PlannedCursor[],
  destination: number,
  current: readonly Watermark[],
): Watermark[] {
  return cursors.flatMap(({ source, table, file, column, found, upTo }) => {
    const place = { source, table, file };
    const planned = found[destination] ?? null;
    const now = findWatermark(current, place);
    if (!isSame(planned, now)) throw movedMeanwhile(place, planned, now);
    const value = now?.column === column ? laterCursor(now.value, upTo) : upTo;
    return value === null ? [] : [{ ...place, column, value }];
  });
}

type Mark = Pick<Watermark, 'column' | 'value'> | null;

function isSame(one: Mark, other: Mark): boolean {
  if (one === null || other === null) return one === other;
  return one.column === other.column && compareCursors(one.value, other.value) === 0;
}

function movedMeanwhile({ table, file }: WatermarkPlace, planned: Mark, now: Mark): Error {
  const say = (mark: Mark) => (mark === null ? 'not there' : `${mark.column} = ${mark.value.text}`);
  return fail('watermark_moved', {
    message: `The watermark of table '${table}' is ${say(now)}; when the run was planned it was ${say(planned)}. Another run was published meanwhile.`,
    where: file,
    hint: 'Nothing was published. Run again: the new run goes on from where the watermark is now.',
  });
}
