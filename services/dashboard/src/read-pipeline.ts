import { compilePipeline } from '@millrace/shared/contracts/compile-pipeline';
import { fail, isMillraceError, toErrorRecord } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import type { Pipeline } from '@millrace/shared/core/pipeline';
import type { Plan } from '@millrace/shared/core/plan';
import { formatDisposition } from '@millrace/shared/core/run-record';
import type { Bucket } from '@millrace/shared/ports/bucket';
import { findDeployed, type Deployed } from '@millrace/shared/runtime/deploy';
import { readPause } from '@millrace/shared/runtime/pause';
import { listDeployed, readSchedule } from '@millrace/shared/runtime/schedules';

import type { ModelSource, Pause, PipelineDetail, PipelineSummary, Schedule } from './api/pipeline.ts';
import type { DashboardTools } from './tools.ts';
import { declaredGraph, NO_GRAPH, planGraph } from './view/run-graph.ts';

const RECENT_RUNS = 20;
const SERIES_RUNS = 100;
const PIPELINE_FILE = 'pipeline.yml';

/** What a run of this name would use. Throws `pipeline_not_found`, with the nearest known name. */
export async function requirePipeline(bucket: Bucket, name: string): Promise<Deployed> {
  const deployed = await findDeployed(bucket, name);
  if (deployed !== null) return deployed;
  throw fail('pipeline_not_found', {
    message: `There is no pipeline '${name}'.${didYouMean(name, await listDeployed(bucket))}`,
    where: 'the deployed pipelines',
    hint: 'Deploy it with `millrace deploy <folder>`; `millrace run <folder>` does that too.',
  });
}

export async function summarizePipeline(tools: DashboardTools, name: string): Promise<PipelineSummary> {
  const { runs } = await tools.list.find({ pipeline: name, limit: RECENT_RUNS });
  return {
    pipeline: name,
    ...(await readHolds(tools.bucket, name)),
    last_run: runs[0] ?? null,
    recent: runs.map(({ run, status, duration_ms }) => ({ run, status, duration_ms })),
  };
}

async function readHolds(
  bucket: Bucket,
  name: string,
): Promise<{ paused: Pause | null; schedule: Schedule | null }> {
  const [pause, schedule] = await Promise.all([
    readPause(bucket, name),
    readSchedule(bucket, name, new Date().toISOString()),
  ]);
  return {
    paused:
      pause?.paused === true ? { by: pause.by, changed_at: pause.changedAt, reason: pause.reason } : null,
    schedule:
      schedule === null
        ? null
        : {
            cron: schedule.schedule.cron,
            time_zone: schedule.schedule.timeZone,
            paused: schedule.pause?.paused ?? false,
            next_at: schedule.nextAt,
          },
  };
}

export async function readPipeline(tools: DashboardTools, name: string): Promise<PipelineDetail> {
  const { bucket, store, list } = tools;
  const deployed = await requirePipeline(bucket, name);
  const { files } = await store.bundle(name, deployed.bundle);
  const { runs } = await list.find({ pipeline: name, limit: SERIES_RUNS });
  const { problem, graph, models } = await describeParts(tools, deployed);
  const ended = runs.filter(({ ended_at }) => ended_at !== null).reverse();
  return {
    pipeline: name,
    bundle: deployed.bundle,
    problem,
    ...(await readHolds(bucket, name)),
    graph,
    models: models.map(describeModel),
    file: files[PIPELINE_FILE] ?? '',
    runs: runs.slice(0, RECENT_RUNS),
    series: ended.flatMap(({ run }) => list.point(run) ?? []),
  };
}

function describeModel({ name, file, sql, load, dependsOn }: Plan['models'][number]): ModelSource {
  return { name, file, sql, load: load === null ? null : formatDisposition(load), depends_on: dependsOn };
}

type Parts = Pick<PipelineDetail, 'problem' | 'graph'> & { readonly models: Plan['models'] };

/** As its newest plan has them; of one that was never planned, as its folder declares them. */
async function describeParts(tools: DashboardTools, { pipeline, bundle }: Deployed): Promise<Parts> {
  const plan = await latestPlan(tools, pipeline);
  const planned =
    plan === null ? { graph: NO_GRAPH, models: [] } : { graph: planGraph(plan), models: plan.models };
  try {
    const declared = compilePipeline(await tools.store.bundle(pipeline, bundle));
    return { problem: null, ...(plan === null ? await readDeclared(declared) : planned) };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    const { message, where, hint } = toErrorRecord(error);
    return { problem: { message, where, hint }, ...planned };
  }
}

/** Models are read by DuckDB's parser, in threads of its own. Throws `model_invalid` for what is no model. */
async function readDeclared(pipeline: Pipeline): Promise<Pick<Parts, 'graph' | 'models'>> {
  // Here only: it is long to load, and needed for pipelines that never ran.
  const { readModelReferences } = await import('@millrace/shared/adapters/model-sql');
  const tables = pipeline.sources.flatMap((source) => source.tables.map(({ name }) => name));
  const models = await readModelReferences(pipeline.models, tables);
  return { graph: declaredGraph(pipeline, models), models };
}

/** Of the newest run that has one; null when none has. */
async function latestPlan({ list, store }: DashboardTools, pipeline: string): Promise<Plan | null> {
  const { runs } = await list.find({ pipeline, limit: RECENT_RUNS });
  for (const { run } of runs) {
    const plan = await store.plan(run);
    if (plan !== null) return plan;
  }
  return null;
}
