import { openDestinationReader } from '@millrace/shared/adapters/destination-reader';
import { compileModels, type CompiledModel } from '@millrace/shared/adapters/model-sql';
import { fail, isMillraceError, toErrorRecord } from '@millrace/shared/core/errors';
import type { Destination } from '@millrace/shared/core/pipeline';
import type { Plan } from '@millrace/shared/core/plan';
import { sqliteType } from '@millrace/shared/core/sqlite-type';
import { decideTableChange, type FoundTable } from '@millrace/shared/core/table-change';
import { previewSource, type SourcePreview } from '@millrace/sources/plan/preview-source';

import type { PlanPreview, TablePreviewChange } from './plan-preview.ts';

/**
 * What a run of the plan would find and change: samples the sources and looks at the destinations. Writes nothing.
 * @param judged records per source to judge for rejects; null judges none
 */
export async function previewOutcome(plan: Plan, judged: number | null): Promise<PlanPreview> {
  const sources: SourcePreview[] = [];
  for (const source of plan.sources) sources.push(await previewSource(plan, source, judged));
  return { plan, sources, changes: await previewChanges(plan) };
}

async function previewChanges(plan: Plan): Promise<TablePreviewChange[]> {
  const compiled = await compileModels(plan);
  const loaded = compiled.filter(({ model }) => model.load !== null);
  const changes: TablePreviewChange[] = [];
  for (const destination of plan.destinations) {
    const reader = openDestinationReader(destination);
    try {
      for (const model of loaded) {
        const decide = (found: FoundTable | null) => changeOf(plan, destination, model, found);
        const change = await orRefused(async () => decide(await reader.find(model.model.name)));
        changes.push({ destination, model, change });
      }
    } finally {
      await reader.close();
    }
  }
  return changes;
}

/** What the load would throw is what a person wants to know now. */
async function orRefused(
  decide: () => Promise<TablePreviewChange['change']>,
): Promise<TablePreviewChange['change']> {
  try {
    return await decide();
  } catch (error) {
    if (isMillraceError(error)) return { kind: 'refused', error: toErrorRecord(error) };
    throw error;
  }
}

function changeOf(
  plan: Plan,
  destination: Destination,
  { model, columns }: CompiledModel,
  found: FoundTable | null,
): TablePreviewChange['change'] {
  if (found === null || model.load === null) return { kind: 'files' };
  const wanted = columns.map(({ name, type }) => ({
    name,
    declared: sqliteType(type) ?? unkept(model.file, name, type),
  }));
  return decideTableChange(found, {
    table: model.name,
    file: model.file,
    database: destination.path,
    pipeline: plan.pipeline,
    disposition: model.load,
    columns: wanted,
  });
}

function unkept(file: string, column: string, type: string): never {
  throw fail('value_not_storable', {
    message: `Column '${column}' has the type ${type}, which SQLite cannot keep.`,
    where: file,
    hint: `Cast it in the model, for example CAST(${column} AS VARCHAR).`,
  });
}
