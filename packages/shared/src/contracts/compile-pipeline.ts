import { DEFAULT_BATCH } from '../core/batch.ts';
import { didYouMean } from '../core/nearest-name.ts';
import type { Destination, Disposition, ModelDeclaration, Pipeline, Source } from '../core/pipeline.ts';
import { resolvePath } from '../core/resolve-path.ts';
import type { Bundle } from './bundle-v1.ts';
import { compileChecks } from './compile-checks.ts';
import { compileRejectLimits } from './compile-reject-limits.ts';
import { compileSchedule } from './compile-schedule.ts';
import { compileSource } from './compile-source.ts';
import { invalid, type Locate, type Path } from './locate.ts';
import { parsePipelineFile } from './parse-pipeline-file.ts';
import type { PipelineFile } from './pipeline-file.ts';

export const PIPELINE_FILE = 'pipeline.yml';
const MODEL_FILE = /^models\/([^/]+)\.sql$/;

/**
 * A bundle's meaning, checked as far as it can be without looking at data or parsing SQL.
 * Throws `pipeline_invalid` with file and line.
 */
export function compilePipeline(bundle: Bundle): Pipeline {
  const text = bundle.files[PIPELINE_FILE] ?? '';
  const { file, locate } = parsePipelineFile(text, PIPELINE_FILE);
  const sources = Object.entries(file.sources).map(([name, source]) => compileSource(name, source, locate));
  const models = compileModels(bundle, file, locate);
  const destinations = compileDestinations(file, bundle.destinationDir ?? bundle.baseDir);
  checkNames(sources, models, locate);
  checkDispositions(models, destinations, locate);
  const tables = [...sources.flatMap((source) => source.tables), ...models].map(({ name }) => name);
  return {
    name: file.name,
    sources,
    models,
    checks: compileChecks(bundle, file.checks ?? {}, tables, locate),
    batch: { rows: file.batch?.rows ?? DEFAULT_BATCH.rows, bytes: file.batch?.bytes ?? DEFAULT_BATCH.bytes },
    rejects: compileRejectLimits(file),
    destinations,
    schedule: compileSchedule(file, locate),
  };
}

function compileModels(bundle: Bundle, file: PipelineFile, locate: Locate): ModelDeclaration[] {
  const declared = file.models ?? {};
  const files = Object.keys(bundle.files).flatMap((name) => {
    const model = MODEL_FILE.exec(name)?.[1];
    return model === undefined ? [] : [{ model, name }];
  });
  const found = files.map(({ model }) => model);
  const missing = Object.keys(declared).find((model) => !found.includes(model));
  if (missing !== undefined) {
    throw invalid(locate, ['models', missing], {
      message: `Model '${missing}' has no file models/${missing}.sql.${didYouMean(missing, found)}`,
      hint:
        found.length > 0
          ? `Files in models/: ${found.join(', ')}.`
          : `Write the SELECT into models/${missing}.sql.`,
    });
  }
  return files.map(({ model, name }) => ({
    name: model,
    sql: bundle.files[name] ?? '',
    file: name,
    load: disposition(declared[model]),
  }));
}

function disposition(declared: NonNullable<PipelineFile['models']>[string] | undefined): Disposition | null {
  if (declared === undefined) return null;
  const load = declared?.load ?? 'append';
  if (typeof load === 'object') return { kind: 'merge', key: load.merge };
  return load === 'none' ? null : { kind: load };
}

function compileDestinations(file: PipelineFile, baseDir: string): Destination[] {
  const declared = Array.isArray(file.destination) ? file.destination : [file.destination];
  return declared.map((destination) => ({ ...destination, path: resolvePath(baseDir, destination.path) }));
}

/** Staged tables and models share one namespace: both are tables to the SQL of models. */
function checkNames(sources: readonly Source[], models: readonly ModelDeclaration[], locate: Locate): void {
  const seen = new Map<string, string>();
  const names: { name: string; what: string; path: Path }[] = [
    ...sources.flatMap((source) =>
      source.tables.map((table) => ({
        name: table.name,
        what: `the staged table '${table.name}' of source '${source.name}'`,
        path: ['sources', source.name, 'tables', table.name],
      })),
    ),
    ...models.map((model) => ({
      name: model.name,
      what: `the model ${model.file}`,
      path: ['models', model.name],
    })),
  ];
  for (const { name, what, path } of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw invalid(locate, path, {
        message: `${other} and ${what} have the same name.`,
        hint: 'Rename one of them.',
      });
    }
    seen.set(name.toLowerCase(), what);
  }
}

function checkDispositions(
  models: readonly ModelDeclaration[],
  destinations: readonly Destination[],
  locate: Locate,
): void {
  if (!models.some((model) => model.load !== null)) {
    throw invalid(locate, ['models'], {
      message: 'No model is loaded, so nothing would be published.',
      hint: 'Write models/<name>.sql and name it under `models:`, for example\n  models:\n    daily_revenue: { load: append }',
    });
  }
  const merged = models.find((model) => model.load?.kind === 'merge');
  if (merged === undefined || !destinations.some((destination) => destination.type === 'files')) return;
  throw invalid(locate, ['models', merged.name], {
    message: `Model '${merged.name}' is merged, which a destination of files cannot do: its files are never changed.`,
    hint: 'Use append or replace, or a sqlite destination.',
  });
}
