import type { StagedTable } from '@millrace/shared/core/plan';
import Database from 'better-sqlite3';

import type { Draw } from '../fuzz/draw.mjs';
import { stageTables } from '../fuzz/orders-like.mjs';
import { stringText, writeTree } from '../fuzz/random-json.mjs';
import type { JsonTree } from '../fuzz/json-values.ts';
import {
  declareFlat,
  declareTables,
  type DrawnRecord,
  type DrawnSchema,
  type ExpectedRecord,
} from './drawn-records.ts';
import type { SqliteValue, Written } from './drawn-value.ts';

/** A file as a pipeline names it, and what has to become of each of its records. */
export interface SourceFile {
  readonly format: 'lines' | 'array' | 'document' | 'values' | 'csv' | 'sqlite';
  readonly name: string;
  readonly bytes: Buffer;
  /** As `pipeline.yml` declares it. */
  readonly source: SourceDeclaration;
  readonly tables: readonly StagedTable[];
  readonly expected: readonly ExpectedRecord[];
}

type SourceDeclaration = Parameters<typeof stageTables>[0];

export const FORMATS = ['lines', 'array', 'document', 'values', 'csv', 'sqlite'] as const;

/** Writes the records in one of the many ways that the format allows. */
export function writeFile(
  draw: Draw,
  format: SourceFile['format'],
  schema: DrawnSchema,
  records: readonly DrawnRecord[],
): SourceFile {
  if (format === 'csv') return writeCsv(draw, schema, records);
  if (format === 'sqlite') return writeSqlite(schema, records);
  const { bytes, path } = writeJson(draw, format, records);
  const source = declaration(
    'json',
    'data.json',
    declareTables(schema),
    path === null ? {} : { records: path },
  );
  return {
    format,
    name: 'data.json',
    bytes,
    source,
    tables: stageTables(source),
    expected: records.map((record) => record.expected),
  };
}

function declaration(
  type: 'json' | 'csv' | 'sqlite',
  path: string,
  tables: object,
  keys: object,
): SourceDeclaration {
  return { type, path, tables, ...keys } as SourceDeclaration;
}

const MARK = '\ufeff';

function writeJson(
  draw: Draw,
  format: SourceFile['format'],
  records: readonly DrawnRecord[],
): { bytes: Buffer; path: string | null } {
  const mark = draw.chance(10) ? MARK : '';
  const newline = draw.pick(['\n', '\r\n']);
  if (format === 'lines') {
    const lines = records.map(({ json }) => writeTree(draw, json, true) + draw.pick(['', '', ' ', '\t']));
    const gaps = () => newline + (draw.chance(10) ? `${draw.pick(['', ' ', '\t '])}${newline}` : '');
    const text = lines
      .map((line, index) => line + (index < lines.length - 1 || draw.chance(80) ? gaps() : ''))
      .join('');
    return { bytes: Buffer.from(mark + text), path: null };
  }
  if (format === 'values') {
    const texts = records.map(({ json }) => writeTree(draw, json, false));
    return {
      bytes: Buffer.from(
        mark + texts.join(draw.pick(['', ' ', newline, newline + newline])) + draw.pick(['', newline]),
      ),
      path: null,
    };
  }
  const array: JsonTree = records.map(({ json }) => json);
  if (format === 'array')
    return {
      bytes: Buffer.from(
        mark + draw.pick(['', newline]) + writeTree(draw, array, false) + draw.pick(['', newline]),
      ),
      path: null,
    };
  return writeDocument(draw, array, mark);
}

function writeDocument(draw: Draw, array: JsonTree, mark: string): { bytes: Buffer; path: string } {
  const around = (key: string, value: JsonTree): JsonTree => {
    const others: [string, JsonTree][] = [
      ['before', ['"]}"', { members: [[stringText(draw, key), '[1,2]']] }]],
      ['"\\', draw.pick(['1.5e3', 'null', '"\\\\"'])],
      ['after', { members: [] }],
    ];
    const members = draw.shuffle<[string, JsonTree]>([[key, value], ...others.filter(() => draw.chance(40))]);
    return { members: members.map(([name, inner]) => [stringText(draw, name), inner]) };
  };
  const [path, tree] = draw.pick<() => readonly [string, JsonTree]>([
    () => ['rows', around('rows', array)],
    () => ['data.rows', around('data', around('rows', array))],
    () => ['data[1].rows', around('data', ['{"rows":[0]}', around('rows', array), '7'])],
    () => ['["a.b"]', around('a.b', array)],
  ])();
  return { bytes: Buffer.from(mark + writeTree(draw, tree, false)), path };
}

/** Each column under a name of its own, in any order, and one that nobody asked for. */
function flatNames(schema: DrawnSchema): string[] {
  return schema.columns.map(({ steps }) =>
    String(steps.at(-1) === 0 || typeof steps.at(-1) === 'number' ? 'listed' : steps.at(-1)),
  );
}

function flatRecord<T>(schema: DrawnSchema, cells: readonly Written<T>[]): ExpectedRecord {
  const faults = cells.flatMap(({ cell }, index) =>
    typeof cell === 'object' && cell !== null
      ? [['data', schema.columns[index]?.name ?? '', cell.fault] as const]
      : [],
  );
  if (faults.length > 0) return { faults };
  return { rows: { data: [cells.map(({ cell }) => cell as Exclude<typeof cell, object> | null)] } };
}

function writeCsv(draw: Draw, schema: DrawnSchema, records: readonly DrawnRecord[]): SourceFile {
  const delimiter = draw.pick([',', ';', '\t', '|']);
  const quote = draw.pick(['"', '"', "'"]);
  const newline = draw.pick(['\n', '\r\n', '\r']);
  const nulls = draw.chance(30) ? ['NA', 'null'] : [];
  const names = flatNames(schema);
  const order = draw.shuffle([...names, 'extra'].map((_, index) => index));
  const inOrder = <T>(fields: readonly T[]) => order.map((index) => fields[index] as T);
  const field = (text: string | null) => csvField(draw, text, { delimiter, quote, nulls });
  const header = inOrder([...names, 'extra'])
    .map((name) => field(name))
    .join(delimiter);
  const rows = records.map(({ values, extra }) =>
    inOrder([...values, extra])
      .map(({ csv }) => field(csv.source))
      .join(delimiter),
  );
  const gap = () => newline + (draw.chance(5) ? newline : '');
  const last = records.length === 0 || draw.chance(80) ? newline : '';
  const text = [header, ...rows].map((row, index) => row + (index === rows.length ? last : gap())).join('');
  const source = declaration(
    'csv',
    'data.csv',
    declareFlat(schema, (index) => names[index] ?? ''),
    { delimiter, quote, nulls },
  );
  return {
    format: 'csv',
    name: 'data.csv',
    bytes: Buffer.from((draw.chance(10) ? MARK : '') + text),
    source,
    tables: stageTables(source),
    expected: records.map(({ values, extra }) => {
      const hasNul = [...values, extra].some(({ csv }) => csv.source?.includes('\0'));
      return hasNul
        ? { faults: [['', '', 'nul_byte']] }
        : flatRecord(
            schema,
            values.map(({ csv }) => csv),
          );
    }),
  };
}

interface CsvSyntax {
  readonly delimiter: string;
  readonly quote: string;
  readonly nulls: readonly string[];
}

function csvField(draw: Draw, text: string | null, { delimiter, quote, nulls }: CsvSyntax): string {
  if (text === null) return nulls.length > 0 && draw.chance(50) ? draw.pick(nulls) : '';
  const special =
    text === '' || nulls.includes(text) || [delimiter, quote, '\n', '\r'].some((part) => text.includes(part));
  return special || draw.chance(20) ? quote + text.replaceAll(quote, quote + quote) + quote : text;
}

function writeSqlite(schema: DrawnSchema, records: readonly DrawnRecord[]): SourceFile {
  const names = flatNames(schema);
  const db = new Database(':memory:');
  const quoted = [...names, 'extra'].map((name) => `"${name.replaceAll('"', '""')}"`);
  db.exec(`CREATE TABLE data (${quoted.join(', ')})`);
  const insert = db.prepare(`INSERT INTO data VALUES (${quoted.map(() => '?').join(', ')})`);
  for (const { values, extra } of records)
    insert.run([...values, extra].map(({ sqlite }) => sqlite.source satisfies SqliteValue));
  const bytes = db.serialize();
  db.close();
  const source = declaration(
    'sqlite',
    'data.db',
    declareFlat(schema, (index) => names[index] ?? ''),
    {},
  );
  return {
    format: 'sqlite',
    name: 'data.db',
    bytes,
    source,
    tables: stageTables(source),
    expected: records.map(({ values }) =>
      flatRecord(
        schema,
        values.map(({ sqlite }) => sqlite),
      ),
    ),
  };
}
