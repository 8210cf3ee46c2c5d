import { createHash } from 'node:crypto';

import { fail } from '@millrace/shared/core/errors';
import {
  knownContent,
  type FileContent,
  type FileCut,
  type FileFacts,
  type KnownFiles,
} from '@millrace/shared/core/known-file';
import type { Column, Source, TableDeclaration } from '@millrace/shared/core/pipeline';
import type { InputLayout, PlannedInput, StagedTable } from '@millrace/shared/core/plan';

import { createCsvCutter } from '../csv/cut-csv.ts';
import { requireHeader } from '../csv/require-header.ts';
import { sniffCsv } from '../csv/sniff-csv.ts';
import { readBytes, statListed } from '../discover/open-input.ts';
import { canBeCut } from '../discover/open-text.ts';
import { readHead, type FileHead } from '../discover/read-head.ts';
import { inferColumns } from '../infer/infer-columns.ts';
import { keyColumn } from '../infer/key-column.ts';
import { createJsonCutter } from '../json/cut-json.ts';
import { detectJsonShape } from '../json/detect-json-shape.ts';
import { filePartitions, PARTITION_BYTES, sliceBytes, type WeighedSlice } from './group-slices.ts';
import { sampleTable } from './sample-table.ts';
import type { SourceSurvey, SurveyedFile } from './source-survey.ts';
import { stageTable } from './stage-table.ts';

/** What a compressed byte stands for, roughly, when partitions are filled. */
const COMPRESSION_WEIGHT = 5;

/** Of a file without content, which is listed and hashed but never read. */
const EMPTY_LAYOUT: InputLayout = { kind: 'json', shape: 'lines' };

/** Survey of a JSON or CSV source: one pass over each file hashes it and cuts it into slices. */
export async function surveyText(
  source: Source,
  files: readonly SurveyedFile[],
  known: KnownFiles,
  signal: AbortSignal,
): Promise<SourceSurvey> {
  const inputs: PlannedInput[] = [];
  const slices: WeighedSlice[] = [];
  for (const file of files) {
    const surveyed = await surveyFile(source, file, inputs.length, known, signal);
    inputs.push(surveyed.input);
    slices.push(...surveyed.slices);
  }
  const sliced = new Set(slices.map(({ slice }) => slice.input));
  const withContent = inputs.filter((_, index) => sliced.has(index));
  requireHeader(source, withContent);
  const tables: StagedTable[] = [];
  for (const table of source.tables)
    tables.push(stageTable(source, table, table.columns ?? (await findColumns(source, table, withContent))));
  return {
    inputs,
    tables,
    partitions: filePartitions(source, slices),
  };
}

async function surveyFile(
  source: Source,
  file: SurveyedFile,
  index: number,
  known: KnownFiles,
  signal: AbortSignal,
) {
  signal.throwIfAborted();
  const facts = await statListed(file.path);
  const content =
    knownContent(known, file.path, facts) ?? (await readContent(source, file.path, facts, signal));
  const { cuts, sha256, hashedAt, compression, layout } = content;
  if (cuts.length === 0 && !source.allowEmpty) {
    throw fail('input_empty', {
      message: 'The file is empty.',
      where: file.path,
      hint: `If that is fine, set allow_empty: true for source '${source.name}'.`,
    });
  }
  const input: PlannedInput = {
    source: source.name,
    ...file,
    ...facts,
    sha256,
    hashedAt,
    inUse: false,
    compression,
    layout,
  };
  const weight = compression === 'none' ? 1 : COMPRESSION_WEIGHT;
  const slices = cuts.map((cut) => ({
    file: file.name,
    slice: { input: index, ...cut },
    bytes: ((cut.end ?? facts.sizeBytes) - cut.start) * weight,
  }));
  return { input, slices };
}

/** One pass over the file, which hashes it and cuts it into slices. */
async function readContent(
  source: Source,
  path: string,
  facts: FileFacts,
  signal: AbortSignal,
): Promise<FileContent> {
  const head = await readHead(path, facts.sizeBytes, source.decoding);
  const { compression } = head;
  const isEmpty = head.bytes.byteLength === 0;
  const layout = isEmpty ? EMPTY_LAYOUT : findLayout(source, head, path);
  // The moment before reading: what changes from then on has a later time than this.
  const hashedAt = new Date().toISOString();
  const { sha256, cuts } = await hashAndCut(source, path, facts, head, { layout, signal });
  return { sha256, hashedAt, compression, layout, cuts: isEmpty ? [] : cuts, ranges: {} };
}

function findLayout(source: Source, head: FileHead, path: string): InputLayout {
  if (source.csv !== null)
    return sniffCsv({ head: head.bytes, atEnd: head.atEnd, options: source.csv, fileName: path });
  const shape = detectJsonShape(head.bytes, head.atEnd, path);
  if (source.records !== null) return { kind: 'json', shape: source.members ? 'members' : 'document' };
  return { kind: 'json', shape: shape === 'empty' ? 'lines' : shape };
}

/** Files that cannot be entered in the middle are one slice. */
async function hashAndCut(
  source: Source,
  path: string,
  facts: FileFacts,
  { compression }: FileHead,
  { layout, signal }: { layout: InputLayout; signal: AbortSignal },
): Promise<{ sha256: string; cuts: readonly FileCut[] }> {
  const hash = createHash('sha256');
  const cutter =
    canBeCut(compression, source.decoding) && facts.sizeBytes > PARTITION_BYTES
      ? createCutter(source, layout, sliceBytes(facts.sizeBytes), path)
      : null;
  for await (const chunk of readBytes(path, 0, facts.sizeBytes, true)) {
    signal.throwIfAborted();
    hash.update(chunk);
    cutter?.push(chunk);
  }
  const whole = { start: 0, end: null, firstLine: 1, firstRecord: 1 };
  return { sha256: hash.digest('hex'), cuts: cutter?.end() ?? [whole] };
}

interface Cutter {
  push(chunk: Uint8Array): void;
  end(): readonly FileCut[];
}

function createCutter(
  source: Source,
  layout: InputLayout,
  targetBytes: number,
  fileName: string,
): Cutter | null {
  if (layout.kind === 'json') {
    return createJsonCutter({ shape: layout.shape, records: source.records, targetBytes, fileName });
  }
  if (layout.kind !== 'csv' || source.csv === null) return null;
  return createCsvCutter({ layout, options: source.csv, targetBytes });
}

async function findColumns(
  source: Source,
  table: TableDeclaration,
  inputs: readonly PlannedInput[],
): Promise<Column[]> {
  const dialect = source.type === 'csv' ? 'csv' : 'json';
  const columns = inferColumns(await sampleTable(source, table, inputs), dialect);
  return source.members && table.each === null ? [keyColumn(columns), ...columns] : columns;
}
