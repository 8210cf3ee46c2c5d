import { parseColumnType, type ColumnType } from '../core/column-type.ts';
import { didYouMean } from '../core/nearest-name.ts';
import type { Column, TableDeclaration } from '../core/pipeline.ts';
import { parseValuePath, type ValuePath } from '../core/value-path.ts';
import { compileContract } from './compile-contract.ts';
import { compileCursor } from './compile-cursor.ts';
import { invalid, located, type Locate, type Path } from './locate.ts';
import type { ColumnFile, SourceFile, TableFile } from './pipeline-file.ts';
import { hasMembers, recordSteps } from './record-path.ts';

/** A staged table of a source. Throws `pipeline_invalid` with file and line. */
export function compileTable(
  name: string,
  table: TableFile,
  source: SourceFile,
  path: Path,
  locate: Locate,
): TableDeclaration {
  const wrong = (['query', 'table', 'cursor', 'lag'] as const).find(
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
  const scope = { inEach: each !== undefined, hasKeys: hasMembers(source.records) };
  const columns =
    table.columns === undefined
      ? null
      : Object.entries(table.columns).map(([column, declared]) =>
          compileColumn(column, declared, scope, [...path, 'columns', column], locate),
        );
  checkColumnNames(columns ?? [], path, locate);
  checkKey(name, table.key ?? [], columns, path, locate);
  const contract = compileContract(table, path, locate);
  return {
    name,
    key: table.key ?? [],
    each: each === undefined ? null : located(locate, [...path, 'each'], () => recordSteps(each)),
    columns,
    query: table.query ?? null,
    relation: table.table ?? name,
    cursor: compileCursor(table, columns, path, locate),
    ...(contract !== undefined && { contract }),
  };
}

/** What a table has besides its records. */
interface Scope {
  /** Its rows are elements, which have a parent and a position. */
  readonly inEach: boolean;
  /** Its records are members of an object. */
  readonly hasKeys: boolean;
}

function compileColumn(name: string, column: ColumnFile, scope: Scope, path: Path, locate: Locate): Column {
  const type = located(locate, [...path, 'type'], () => parseColumnType(column.type));
  const from = column.from;
  // Without `from`, the name is one key, whatever characters it has.
  const valuePath =
    from === undefined
      ? ({ from: 'record', steps: [name] } as const)
      : located(locate, [...path, 'from'], () => parseValuePath(from));
  checkFrom(valuePath, type, column, scope, [...path, 'from'], locate);
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

function checkFrom(
  { from }: ValuePath,
  type: ColumnType,
  column: ColumnFile,
  { inEach, hasKeys }: Scope,
  path: Path,
  locate: Locate,
): void {
  const written = `'${column.from ?? ''}'`;
  if (from === 'key' || from === 'parentKey') {
    if (!hasKeys) {
      throw invalid(locate, path, {
        message: `${written} needs records that are members of an object, which have keys.`,
        hint: "That is what a source reads whose `records:` ends with *, such as 'users.*'.",
      });
    }
    if (from === 'key' && inEach) {
      throw invalid(locate, path, {
        message: `${written} is not known in a table with 'each': its rows are elements of an array.`,
        hint: "Write '^$key' for the key of the record that they are in.",
      });
    }
    if (type.kind !== 'text') {
      throw invalid(locate, path, {
        message: `${written} is text; this column is ${column.type}.`,
        hint: 'Declare it as text, and convert it in a model.',
      });
    }
  }
  if (from !== 'record' && from !== 'key' && !inEach) {
    throw invalid(locate, path, {
      message: `${written} needs a parent record, but the table has no 'each'.`,
    });
  }
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
