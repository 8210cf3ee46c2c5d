import { bindChecks, type BoundTable } from '@millrace/shared/adapters/check-bind';
import { compileModels } from '@millrace/shared/adapters/model-sql';
import type { Bundle } from '@millrace/shared/contracts/bundle-v1';
import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { buildTasks } from '@millrace/shared/core/build-tasks';
import { duckdbType } from '@millrace/shared/core/column-type';
import type { Plan, StagedTable } from '@millrace/shared/core/plan';
import type { PlanMemory } from '@millrace/shared/ports/plan-memory';
import { CODE_VERSION } from '@millrace/shared/runtime/version';

import { applyContracts, requireContracts } from '../contract/apply-contracts.ts';
import { checkCursorModels } from './check-cursor-models.ts';
import { checkTimeFormats } from './check-time-formats.ts';
import { openCursorPlanning } from './cursor-planning.ts';
import { eachInTurn } from './each-in-turn.ts';
import { findReuse } from './find-reuse.ts';
import { joinSurveys } from './join-surveys.ts';
import { readBaselines } from './read-baselines.ts';
import { plannedSource } from './planned-source.ts';
import { narrowToReplay, type ReplayPlanning } from './replay-pipeline.ts';
import { surveyWithReplay } from './survey-replay.ts';
import { surveySource } from './survey-source.ts';

export interface PlanWish {
  readonly bundle: Bundle;
  /** Content hash of the bundle. */
  readonly bundleHash: string;
  readonly run: string;
  readonly plannedAt: string;
  /** What earlier runs know, so that what did not change is not read again. Without it all is read. */
  readonly memory?: PlanMemory | null;
  /** Whether to read all rows of tables with a cursor, whatever has been published of them. */
  readonly full?: boolean;
  /** Set when the run is a replay. */
  readonly replay?: ReplayPlanning | null;
  /** Ends the planning, which then throws its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Looks at all sources and decides everything a run will do. Reads the sources, writes nothing: `millrace plan` and
 * the extractor use the same function. Throws errors of configuration with file and line, and of inputs with path.
 */
export async function planRun(wish: PlanWish): Promise<Plan> {
  const { bundle, memory = null, replay: wished = null } = wish;
  const declared = compilePipeline(bundle);
  const replay = wished === null ? null : await narrowToReplay(declared, wished);
  const pipeline = replay?.pipeline ?? declared;
  const watermarks = await openCursorPlanning(pipeline, {
    plannedAt: wish.plannedAt,
    full: wish.full ?? false,
  });
  const parts = await eachInTurn(pipeline.sources, wish.signal, async (source, signal) => {
    checkTimeFormats(source);
    const known = await memory?.files(plannedSource(source));
    const survey = await surveyWithReplay(source, replay, (part) =>
      surveySource(part, bundle.baseDir, known, watermarks, signal),
    );
    return { ...survey, ...(await applyContracts({ ...survey, source: plannedSource(source) })) };
  });
  const { inputs, partitions } = joinSurveys(parts);
  const tables = parts.flatMap((part) => part.tables);
  const cursors = parts.flatMap((part) => part.cursors ?? []);
  const drift = parts.flatMap((part) => part.drift);
  requireContracts(tables, drift);
  const compiled = await compileModels({ models: pipeline.models, tables });
  const models = compiled.map(({ model }) => model);
  checkCursorModels(pipeline, models, cursors, wish.full ?? false);
  const checks = await bindChecks(pipeline.checks, [
    ...tables.map(boundTable),
    ...compiled.map(({ model, columns }) => ({ name: model.name, columns })),
  ]);
  const plan: Plan = {
    v: 1,
    run: wish.run,
    pipeline: pipeline.name,
    bundle: wish.bundleHash,
    baseDir: bundle.baseDir,
    codeVersion: CODE_VERSION,
    plannedAt: wish.plannedAt,
    batch: pipeline.batch,
    rejects: pipeline.rejects,
    inputs,
    sources: pipeline.sources.map(plannedSource),
    tables,
    models,
    destinations: pipeline.destinations,
    cursors,
    checks,
    // The few rows of a replay are not to be compared with those of whole runs.
    baselines: replay === null ? await readBaselines(pipeline, checks) : [],
    drift,
    tasks: buildTasks(partitions, models, checks, pipeline.destinations),
  };
  return { ...plan, tasks: await findReuse(plan, memory) };
}

function boundTable({ name, columns }: StagedTable): BoundTable {
  return { name, columns: columns.map((column) => ({ name: column.name, type: duckdbType(column.type) })) };
}
