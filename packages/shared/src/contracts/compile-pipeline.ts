import { parseColumnType } from '../core/column-type.ts';
import { fail, isMillraceError, type ErrorDetail } from '../core/errors.ts';
import { didYouMean } from '../core/nearest-name.ts';
import type {
  Column,
  Destination,
  Disposition,
  ModelDeclaration,
  Pipeline,
  Source,
  TableDeclaration,
} from '../core/pipeline.ts';
import { parseValuePath } from '../core/value-path.ts';
import { DEFAULT_BATCH } from '../core/batch.ts';
import { resolvePath } from '../core/resolve-path.ts';
import type { Bundle } from './bundle-v1.ts';
import { parsePipelineFile, type LocatedPipelineFile } from './parse-pipeline-file.ts';
import type { ColumnFile, PipelineFile, SourceFile, TableFile } from './pipeline-file.ts';

export const PIPELINE_FILE = 'pipeline.yml';
const MODEL_FILE = /^models\/([^/]+)\.sql$/;

type Locate = LocatedPipelineFile['locate'];
type Path = readonly (string | number)[];

/**
 * A bundle's meaning, checked as far as it can be without looking at data or parsing SQL.
 * Throws `pipeline_invalid` with file and line.
 */
export function compilePipeline(bundle: Bundle): Pipeline {
  const text = bundle.files[PIPELINE_FILE] ?? '';
  const { file, locate } = parsePipelineFile(text, PIPELINE_FILE);
  const sources = Object.entries(file.sources).map(([name, source]) => compileSource(name, source, locate));
  const models = compileModels(bundle, file, locate);
  const destinations = compileDestinations(file, bundle.baseDir);
  checkNames(sources, models, locate);
  checkDispositions(models, destinations, locate);
  return {
    name: file.name,
    sources,
    models,
    batch: { rows: file.batch?.rows ?? DEFAULT_BATCH.rows, bytes: file.batch?.bytes ?? DEFAULT_BATCH.bytes },
    rejects: { maxRows: file.rejects?.max_rows ?? null, maxRatio: file.rejects?.max_ratio ?? null },
    destinations,
  };
}

function invalid(locate: Locate, path: Path, detail: Omit<ErrorDetail, 'where'>): Error {
  return fail('pipeline_invalid', { ...detail, where: locate(path) });
}

/** Runs a parser of `core/` that knows what is wrong but not where. */
function located<T>(locate: Locate, path: Path, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    throw invalid(locate, path, { message: error.message, hint: error.hint, cause: error });
  }
}

function compileSource(name: string, source: SourceFile, locate: Locate): Source {
  const path = ['sources', name];
  checkKeysOfType(source, path, locate);
  const tables = Object.entries(source.tables).map(([table, declaration]) =>
    compileTable(table, declaration ?? {}, source, [...path, 'tables', table], locate),
  );
  if (tables.length === 0) {
    throw invalid(locate, [...path, 'tables'], {
      message: `Source '${name}' fills no table.`,
      hint: `Name at least one, for example\n  tables:\n    ${name}: {}`,
    });
  }
  const records = source.records;
  return {
    name,
    type: source.type,
    path: source.path,
    records:
      records === undefined ? null : located(locate, [...path, 'records'], () => recordPath(records).steps),
    csv:
      source.type === 'csv'
        ? {
            delimiter: source.delimiter ?? null,
            quote: source.quote ?? '"',
            header: source.header ?? true,
            nulls: source.nulls ?? [],
          }
        : null,
    allowEmpty: source.allow_empty ?? false,
    tables,
  };
}

function recordPath(text: string) {
  const path = parseValuePath(text);
  if (path.from === 'record') return path;
  throw fail('pipeline_invalid', {
    message: `'${text}' cannot be used here.`,
    hint: 'Write keys separated by dots.',
  });
}

const KEYS_OF_TYPE: Record<SourceFile['type'], readonly (keyof SourceFile)[]> = {
  json: ['records'],
  csv: ['delimiter', 'quote', 'header', 'nulls'],
  sqlite: [],
  parquet: [],
};
const TYPED_KEYS = Object.values(KEYS_OF_TYPE).flat();

function checkKeysOfType(source: SourceFile, path: Path, locate: Locate): void {
  const wrong = TYPED_KEYS.find(
    (key) => source[key] !== undefined && !KEYS_OF_TYPE[source.type].includes(key),
  );
  if (wrong === undefined) return;
  throw invalid(locate, [...path, wrong], {
    message: `'${wrong}' has no meaning for a source of type ${source.type}.`,
  });
}

function compileTable(
  name: string,
  table: TableFile,
  source: SourceFile,
  path: Path,
  locate: Locate,
): TableDeclaration {
  const wrong = (['query', 'table'] as const).find(
    (key) => table[key] !== undefined && source.type !== 'sqlite',
  );
  if (wrong !== undefined) {
    throw invalid(locate, [...path, wrong], {
      message: `'${wrong}' is for sources of type sqlite; this one is ${source.type}.`,
    });
  }
  if (table.query !== undefined && table.table !== undefined) {
    throw invalid(locate, [...path, 'query'], {
      message: `Table '${name}' has both a query and a table; keep one.`,
    });
  }
  const each = table.each;
  if (each !== undefined && source.type !== 'json' && source.type !== 'parquet') {
    throw invalid(locate, [...path, 'each'], {
      message: `'each' needs nested records; a ${source.type} source has none.`,
    });
  }
  const columns =
    table.columns === undefined
      ? null
      : Object.entries(table.columns).map(([column, declared]) =>
          compileColumn(column, declared, each !== undefined, [...path, 'columns', column], locate),
        );
  checkColumnNames(columns ?? [], path, locate);
  checkKey(name, table.key ?? [], columns, path, locate);
  return {
    name,
    key: table.key ?? [],
    each: each === undefined ? null : located(locate, [...path, 'each'], () => recordPath(each).steps),
    columns,
    query: table.query ?? null,
    relation: table.table ?? name,
  };
}

function compileColumn(
  name: string,
  column: ColumnFile,
  inEach: boolean,
  path: Path,
  locate: Locate,
): Column {
  const type = located(locate, [...path, 'type'], () => parseColumnType(column.type));
  const from = column.from;
  // Without `from`, the name is one key, whatever characters it has.
  const valuePath =
    from === undefined
      ? ({ from: 'record', steps: [name] } as const)
      : located(locate, [...path, 'from'], () => parseValuePath(from));
  if (valuePath.from !== 'record' && !inEach) {
    throw invalid(locate, [...path, 'from'], {
      message: `'${from ?? ''}' needs a parent record, but the table has no 'each'.`,
    });
  }
  if (column.format !== undefined && type.kind !== 'date' && type.kind !== 'timestamp') {
    throw invalid(locate, [...path, 'format'], {
      message: `'format' is for date and timestamp; this column is ${column.type}.`,
    });
  }
  if (column.strict !== undefined && type.kind !== 'text') {
    throw invalid(locate, [...path, 'strict'], {
      message: `'strict' is for text; a column of type ${column.type} is always strict.`,
    });
  }
  return {
    name,
    type,
    path: valuePath,
    required: column.required ?? false,
    strict: column.strict ?? false,
    format: column.format ?? (type.kind === 'date' || type.kind === 'timestamp' ? 'iso' : null),
  };
}

function checkColumnNames(columns: readonly Column[], path: Path, locate: Locate): void {
  const seen = new Map<string, string>();
  for (const { name } of columns) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw invalid(locate, [...path, 'columns', name], {
        message: `Columns '${other}' and '${name}' differ only in case, which databases do not tell apart.`,
        hint: 'Rename one and say where its value comes from with `from:`.',
      });
    }
    seen.set(name.toLowerCase(), name);
  }
}

function checkKey(
  table: string,
  key: readonly string[],
  columns: readonly Column[] | null,
  path: Path,
  locate: Locate,
): void {
  if (columns === null) return;
  const names = columns.map((column) => column.name);
  const unknown = key.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw invalid(locate, [...path, 'key'], {
    message: `The key of '${table}' names '${unknown}', which is not one of its columns.${didYouMean(unknown, names)}`,
    hint: `Columns: ${names.join(', ')}.`,
  });
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
