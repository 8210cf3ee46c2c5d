import { readModelReferences } from '@millrace/shared/adapters/model-sql';
import { fail, type MillraceError } from '@millrace/shared/core/errors';
import type {
  Destination,
  ModelDeclaration,
  Pipeline,
  RejectLimits,
  Source,
} from '@millrace/shared/core/pipeline';
import { replayChecks } from '@millrace/shared/core/replay-checks';
import { replayModels } from '@millrace/shared/core/replay-models';
import { replayGroups, type ReplayGroup, type ReplayLayer } from '@millrace/shared/core/replay-scope';
import type { ReplayRequest } from '@millrace/shared/core/replay';
import { formatDisposition } from '@millrace/shared/core/run-record';

/** What the plan of a replay is made from, besides the pipeline as it is now. */
export interface ReplayPlanning {
  readonly request: ReplayRequest;
  /** The root, then its published replays that the request names. */
  readonly layers: readonly ReplayLayer[];
}

/** A pipeline as far as a replay needs it, and what the replay reads in place of files. */
export interface ReplayPipeline {
  readonly pipeline: Pipeline;
  readonly groups: readonly ReplayGroup[];
  readonly root: ReplayLayer;
}

/**
 * Leaves of a pipeline what the replayed records go through: models that they feed, with what these join them to. A
 * joined source is read whole, without its cursor: its watermark is not the replay's to move.
 * Throws `replay_impossible` before anything is read.
 */
export async function narrowToReplay(pipeline: Pipeline, replay: ReplayPlanning): Promise<ReplayPipeline> {
  const [root] = replay.layers;
  if (root === undefined) throw fail('internal', { message: 'A replay without the run that it replays.' });
  const groups = replayGroups(replay.layers, replay.request);
  checkDestinations(pipeline, replay);
  for (const group of groups) requireSource(pipeline, group, replay);
  const replayed = new Set(groups.flatMap((group) => tablesOf(pipeline, group)));
  const tables = pipeline.sources.flatMap((source) => source.tables.map(({ name }) => name));
  const models = await readModelReferences(pipeline.models, tables);
  const { fed, computed, tables: needed } = replayModels(models, replayed);
  for (const model of pipeline.models) if (fed.has(model.name)) requireAppend(pipeline, model);
  const sources = pipeline.sources.flatMap(
    (source) => narrowSource(source, new Set([...replayed, ...needed])) ?? [],
  );
  const computedModels = pipeline.models.filter(({ name }) => computed.has(name));
  return {
    groups,
    root,
    pipeline: {
      ...pipeline,
      sources,
      checks: replayChecks(pipeline.checks, { sources, models: computedModels, replayed, fed }),
      models: computedModels.map((model) => ({ ...model, load: fed.has(model.name) ? model.load : null })),
      rejects: limitsOfOthers(pipeline, new Set(groups.map(({ source }) => source))),
    },
  };
}

/** Staged tables whose rows are the records of a group. */
export function tablesOf(pipeline: Pick<Pipeline, 'sources'>, { source, table }: ReplayGroup): string[] {
  if (table !== null) return [table];
  return pipeline.sources.find(({ name }) => name === source)?.tables.map(({ name }) => name) ?? [];
}

/** Tables of SQLite are read each on its own; of other sources one read fills all. */
function narrowSource(source: Source, wanted: ReadonlySet<string>): Source | null {
  if (!source.tables.some(({ name }) => wanted.has(name))) return null;
  const tables =
    source.type === 'sqlite' ? source.tables.filter(({ name }) => wanted.has(name)) : source.tables;
  return { ...source, tables: tables.map((table) => ({ ...table, cursor: null })) };
}

/**
 * Records that are refused again were within the limits of their run, and nothing is lost by it: only what is
 * read beside them can exceed a limit.
 */
function limitsOfOthers(pipeline: Pipeline, replayed: ReadonlySet<string>): RejectLimits {
  const { maxRows, maxRatio, sources } = pipeline.rejects;
  const others = pipeline.sources.map(({ name }) => name).filter((name) => !replayed.has(name));
  return {
    maxRows: null,
    maxRatio: null,
    sources: others.map(
      (source) =>
        sources.find((limit) => limit.source === source) ?? { source, maxRows, maxRatio, byDefault: false },
    ),
  };
}

function requireSource(pipeline: Pipeline, { source, table }: ReplayGroup, replay: ReplayPlanning): void {
  const found = pipeline.sources.find(({ name }) => name === source);
  const before = replay.layers[0]?.plan.sources.find(({ name }) => name === source);
  if (found === undefined) {
    throw impossible(
      replay,
      `Pipeline '${pipeline.name}' has no source '${source}' now, of which records are to be replayed.`,
      'Give the source its name again, or choose others with --source.',
    );
  }
  if (found.type !== before?.type) {
    throw impossible(
      replay,
      `Source '${source}' is of type ${found.type} now; its rejected records are of type ${before?.type ?? 'unknown'}.`,
      'Run the pipeline as a whole instead.',
    );
  }
  if (table !== null && !found.tables.some(({ name }) => name === table)) {
    throw impossible(
      replay,
      `Source '${source}' has no table '${table}' now, of which records are to be replayed.`,
      'Give the table its name again.',
    );
  }
}

/** The history that the rows are to join stands there. */
function checkDestinations(pipeline: Pipeline, replay: ReplayPlanning): void {
  const list = (destinations: readonly Destination[]) =>
    destinations.map(({ type, path }) => `${path} (${type})`);
  const before = list(replay.layers[0]?.plan.destinations ?? []).join(', ');
  const now = list(pipeline.destinations).join(', ');
  if (now === before) return;
  throw impossible(
    replay,
    `The pipeline now publishes to ${now}; the run was published to ${before}, where its replayed rows belong.`,
    'Give the pipeline the destination that it had, or run it as a whole.',
  );
}

/** With `replace` the rows of all other records would go; with `merge` a sum would become that of a few records. */
function requireAppend(pipeline: Pipeline, { name, file, load }: ModelDeclaration): void {
  if (load === null || load.kind === 'append') return;
  throw fail('replay_impossible', {
    message: `Model '${name}' is loaded with ${formatDisposition(load)}, and a replay has only the replayed records: they would take the place of rows that were made from all.`,
    where: file,
    hint: `Run the pipeline as a whole: \`millrace run ${pipeline.name} --wait\`. With ${load.kind} that puts the mended records in and doubles nothing.`,
  });
}

function impossible({ request }: ReplayPlanning, message: string, hint: string): MillraceError {
  return fail('replay_impossible', { message, where: `run ${request.root}`, hint });
}
