import { formatColumnType } from '@millrace/shared/core/column-type';
import type { Column } from '@millrace/shared/core/pipeline';
import { quoteIdentifier } from '@millrace/shared/core/sql-text';
import { formatSteps, formatValuePath } from '@millrace/shared/core/value-path';

import { stagedName, type PipelineDraft, type SourceDraft, type TableDraft } from './draft.ts';

/** How the commands in the README are written: the CLI, and the pipeline's folder as a word of a shell. */
interface Call {
  readonly own: string;
  readonly folder: string;
}

/** The files of a new pipeline, by path in its folder. Comments in them tell a newcomer what may be changed. */
export function writePipelineFiles(draft: PipelineDraft, call: Call): Record<string, string> {
  const tables = draft.sources.flatMap((source) => source.tables.map((table) => ({ source, table })));
  return {
    'pipeline.yml': writeYaml(draft),
    ...Object.fromEntries(
      tables.map(({ source, table }) => [`models/${table.model}.sql`, writeModel(source, table)]),
    ),
    'README.md': writeReadme(draft, call),
  };
}

function writeYaml(draft: PipelineDraft): string {
  const models = draft.sources.flatMap((source) =>
    source.tables.map(({ model }) => `  ${model}: { load: append }`),
  );
  const lines = [
    '# Written by `millrace init` from the data: all types are guesses, told from sampled records, and the wider type where',
    '# in doubt. Correct what you know better; a comment says what was guessed, and from what. Types: text, integer, double,',
    '# decimal(p,s), boolean, date, timestamp, json. `required: true` after a type refuses records without a value there.',
    '# `millrace plan` shows what is read, and with --sample which records would be rejected.',
    `name: ${yamlText(draft.name)}`,
    '',
    'sources:',
    ...draft.sources.flatMap(writeSource),
    '# A record that does not fit its columns is kept apart with the reason (`millrace rejects`). With too many of',
    '# them a run fails and publishes nothing.',
    `rejects: { max_ratio: ${draft.maxRejectRatio} }`,
    '',
    "# One file in models/ per name. append keeps every run's rows, and <name>_latest has those of the newest run;",
    '# replace keeps the newest only; { merge: [key] } updates by key.',
    'models:',
    ...models,
    '',
    '# Relative to this file.',
    'destination: { type: sqlite, path: final_analytics.db }',
  ];
  return `${lines.join('\n')}\n`;
}

function writeSource(source: SourceDraft): string[] {
  return [
    ...source.notes.map((note) => `  ${comment(note)}`),
    `  ${source.name}:`,
    `    type: ${source.type}`,
    `    path: ${yamlText(source.path)}`,
    ...(source.encoding === null
      ? []
      : [`    encoding: ${source.encoding}  # told from its bytes, which are not UTF-8`]),
    ...(source.records === null ? [] : [`    records: ${yamlText(formatSteps(source.records))}`]),
    ...(source.header ? [] : ['    header: false  # the first line looks like the others']),
    ...(source.nulls.length === 0
      ? []
      : [
          `    nulls: [${source.nulls.map(yamlText).join(', ')}]  # stands in columns of numbers or times where there is no value`,
        ]),
    '    tables:',
    ...source.tables.flatMap(writeTable),
    '',
  ];
}

function writeTable(table: TableDraft): string[] {
  const columns = table.columns.map(({ column, note }) => ({
    text: `          ${yamlText(column.name)}: ${writeColumn(column)}`,
    note,
  }));
  return [
    ...table.notes.map((note) => `      ${comment(note)}`),
    `      ${stagedName(table)}:`,
    ...(table.each === null ? [] : [`        each: ${yamlText(formatSteps(table.each))}`]),
    ...(table.relation === null ? [] : [`        table: ${yamlText(table.relation)}`]),
    ...(table.key.length === 0 ? [] : [`        key: [${table.key.map(yamlText).join(', ')}]`]),
    '        columns:',
    ...columns.map(({ text, note }) => (note === null ? text : `${text}  ${comment(note)}`)),
  ];
}

/** What was found in data may have any characters, and a comment ends with its line. */
function comment(note: string): string {
  return `# ${note.replaceAll(/[\p{C}\u2028\u2029]+/gu, ' ')}`;
}

/** A column as `columns:` has it, in one line. */
export function writeColumn({ name, type, path, required, format }: Column): string {
  const isOwnKey = path.from === 'record' && path.steps.length === 1 && path.steps[0] === name;
  const parts = [
    `type: ${yamlText(formatColumnType(type))}`,
    ...(required ? ['required: true'] : []),
    ...(isOwnKey ? [] : [`from: ${yamlText(formatValuePath(path))}`]),
    ...(format === null || format === 'iso' ? [] : [`format: ${yamlText(format)}`]),
  ];
  return `{ ${parts.join(', ')} }`;
}

/** Words that YAML, in one version or another, reads as something else than text. */
const YAML_WORDS = /^(true|false|yes|no|on|off|y|n|null)$/i;
const YAML_PLAIN = /^(\.\.?\/)*[A-Za-z_/][A-Za-z0-9_./-]*$/;

/** A text as a YAML scalar: bare where that is safe, else quoted. */
export function yamlText(text: string): string {
  if (YAML_PLAIN.test(text) && !YAML_WORDS.test(text)) return text;
  // JSON strings are YAML too, and have escapes for what cannot be printed.
  return /^\P{C}*$/u.test(text) ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
}

function writeModel(source: SourceDraft, table: TableDraft): string {
  const columns = table.columns.map(({ column }) => `  ${sqlName(column.name)}`);
  return [
    `-- The table ${table.model} in the destination. Any SELECT of DuckDB will do: filter, join other staged tables and`,
    `-- models by name, group. Here it is all rows of ${stagedName(table)}, from ${source.name}.`,
    'SELECT',
    columns.join(',\n'),
    `FROM ${stagedName(table)}`,
    '',
  ].join('\n');
}

/** Bare where SQL takes it for a name; the words that SQL knows as others are few among column names. */
function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !SQL_WORDS.has(name) ? name : quoteIdentifier(name);
}

/** DuckDB's keywords, except those that it calls unreserved. */
const SQL_WORDS = new Set(
  (
    'all analyse analyze and anti any array as asc asof asymmetric at authorization between bigint binary bit boolean both by case ' +
    'cast char character check coalesce collate collation column columns concurrently constraint create cross dec decimal default ' +
    'deferrable desc describe distinct do else end except exists extract false fetch float for foreign freeze from full generated glob ' +
    'grant group grouping grouping_id having ilike in initially inner inout int integer intersect interval into is isnull join lambda ' +
    'lateral leading left like limit map national natural nchar none not notnull null nullif numeric offset on only or order out outer ' +
    'over overlaps overlay pivot pivot_longer pivot_wider placing position positional precision primary qualify real references ' +
    'returning right row select semi setof show similar smallint some struct substring summarize symmetric table tablesample then time ' +
    'timestamp to trailing treat trim true try_cast union unique unpack unpivot using values varchar variadic verbose when where window ' +
    'with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable'
  ).split(' '),
);

function writeReadme(draft: PipelineDraft, { own, folder }: Call): string {
  const tables = draft.sources.flatMap((source) => source.tables.map((table) => ({ source, table })));
  const first = tables[0]?.table.model ?? draft.name;
  return `# ${draft.name}

A millrace pipeline, written by \`millrace init\` from the data itself.

| table | from | columns |
| --- | --- | --- |
${tables.map(({ source, table }) => `| ${table.model} | ${source.name} (${source.type}) | ${table.columns.length} |`).join('\n')}

- \`pipeline.yml\` says which data is read, as which columns, and where the tables go.
- \`models/*.sql\` make the tables: one \`SELECT\` per table. Rename, join and add as you like.

From the folder in which \`init\` was called:

\`\`\`sh
${own} plan ${folder}   # what a run would do
${own} run ${folder} --wait   # run it and watch
${own} query ${folder} "SELECT * FROM ${first}_latest LIMIT 10"
${own} rejects   # records that did not fit, and why
\`\`\`
`;
}
