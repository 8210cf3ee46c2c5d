import { fail } from '@millrace/shared/core/errors';
import type { Pipeline } from '@millrace/shared/core/pipeline';
import type { PlannedModel } from '@millrace/shared/core/plan';
import { compareCursors } from '@millrace/shared/core/cursor';
import type { PlannedCursor } from '@millrace/shared/core/watermark';

/**
 * A table with a cursor has the new rows only, so a model of it cannot be loaded in every way. Throws
 * `pipeline_invalid` where rows would vanish from the destination or be published twice, and nobody would be told.
 */
export function checkCursorModels(
  { sources }: Pick<Pipeline, 'sources'>,
  models: readonly PlannedModel[],
  cursors: readonly PlannedCursor[],
  full: boolean,
): void {
  for (const { name, cursor } of sources.flatMap(({ tables }) => tables)) {
    if (cursor === null) continue;
    for (const model of modelsFedBy(name, models)) {
      if (model.load?.kind === 'replace') throw replaced(model, name);
      if (model.load?.kind !== 'append') continue;
      if (cursor.lag !== null) throw appendedAgain(model, name);
      const uneven = cursors.find((one) => one.table === name && !isEven(one.found));
      if (uneven !== undefined && !full) throw unevenDestinations(model, uneven);
    }
  }
}

/** The models whose rows come from a table, also through other models. Models are in order. */
function modelsFedBy(table: string, models: readonly PlannedModel[]): PlannedModel[] {
  const fed = new Set([table]);
  return models.filter(({ name, dependsOn }) => {
    const isFed = dependsOn.some((read) => fed.has(read));
    if (isFed) fed.add(name);
    return isFed;
  });
}

function isEven(found: PlannedCursor['found']): boolean {
  const [first = null] = found;
  return found.every((mark) =>
    mark === null || first === null ? mark === first : compareCursors(mark.value, first.value) === 0,
  );
}

function replaced({ name, file }: PlannedModel, table: string): Error {
  return fail('pipeline_invalid', {
    message: `Model '${name}' is loaded with replace and reads table '${table}', of which a run reads only new rows by its cursor: they would take the place of all others.`,
    where: file,
    hint: 'Load it with merge on a key, or with append, or remove the cursor.',
  });
}

function appendedAgain({ name, file }: PlannedModel, table: string): Error {
  return fail('pipeline_invalid', {
    message: `Model '${name}' is loaded with append and reads table '${table}', of which each run reads the rows within the lag again: they would be published twice.`,
    where: file,
    hint: 'Load it with merge on a key, or remove the lag.',
  });
}

function unevenDestinations({ name, file }: PlannedModel, { table, found }: PlannedCursor): Error {
  const marks = found.map((mark) => mark?.value.text ?? 'none').join(', ');
  return fail('pipeline_invalid', {
    message: `The destinations have different watermarks of table '${table}' (${marks}), and model '${name}' is loaded with append: rows that one of them lacks would be published twice in another.`,
    where: file,
    hint: 'Give a destination that was added later a pipeline of its own, or run once with --full, which publishes all rows again in all of them.',
  });
}
