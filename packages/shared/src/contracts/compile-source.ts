import { DEFAULT_DECODING } from '../core/decoding.ts';
import type { Source } from '../core/pipeline.ts';
import { compileTable } from './compile-table.ts';
import { invalid, located, type Locate, type Path } from './locate.ts';
import type { SourceFile } from './pipeline-file.ts';
import { recordsPath } from './record-path.ts';

/** A source with its tables. Throws `pipeline_invalid` with file and line. */
export function compileSource(name: string, source: SourceFile, locate: Locate): Source {
  const path = ['sources', name];
  checkKeysOfType(source, path, locate);
  checkCsvSyntax(source, path, locate);
  const tables = Object.entries(source.tables).map(([table, declaration]) =>
    compileTable(table, declaration ?? {}, source, [...path, 'tables', table], locate),
  );
  if (tables.length === 0) {
    throw invalid(locate, [...path, 'tables'], {
      message: `Source '${name}' fills no table.`,
      hint: `Name at least one, for example\n  tables:\n    ${name}: {}`,
    });
  }
  const { records } = source;
  return {
    name,
    type: source.type,
    path: source.path,
    ...(records === undefined
      ? { records: null, members: false }
      : located(locate, [...path, 'records'], () => recordsPath(records))),
    csv:
      source.type === 'csv'
        ? {
            delimiter: source.delimiter ?? null,
            quote: source.quote ?? '"',
            header: source.header ?? true,
            nulls: source.nulls ?? [],
          }
        : null,
    decoding: {
      encoding: source.encoding ?? DEFAULT_DECODING.encoding,
      maxBytes: source.file_limits?.max_bytes ?? DEFAULT_DECODING.maxBytes,
      maxRatio: source.file_limits?.max_ratio ?? DEFAULT_DECODING.maxRatio,
    },
    allowEmpty: source.allow_empty ?? false,
    followSymlinks: source.follow_symlinks ?? false,
    tables,
  };
}

const KEYS_OF_TEXT = ['encoding', 'file_limits'] as const;
const KEYS_OF_TYPE: Record<SourceFile['type'], readonly (keyof SourceFile)[]> = {
  json: ['records', ...KEYS_OF_TEXT],
  csv: ['delimiter', 'quote', 'header', 'nulls', ...KEYS_OF_TEXT],
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

/** Records are found among bytes, so what parts them has to be one byte that is a part of no other character. */
function checkCsvSyntax(source: SourceFile, path: Path, locate: Locate): void {
  for (const key of ['delimiter', 'quote'] as const) {
    const character = source[key];
    if (character === undefined || /^[\t\x20-\x7e]$/.test(character)) continue;
    throw invalid(locate, [...path, key], {
      message: `'${key}' cannot be ${JSON.stringify(character)}.`,
      hint: 'Use a tab or another ASCII character that is not a line end.',
    });
  }
  if (source.delimiter !== (source.quote ?? '"')) return;
  throw invalid(locate, [...path, 'delimiter'], {
    message: `'delimiter' and 'quote' are both ${JSON.stringify(source.delimiter)}.`,
  });
}
