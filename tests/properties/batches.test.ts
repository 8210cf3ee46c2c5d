import { isMillraceError } from '@millrace/shared/core/errors';
import type { StagedTable } from '@millrace/shared/core/plan';
import type { TypedCell } from '@millrace/shared/core/typed-cell';
import { expect, test } from 'vitest';

import { checkCases } from '../fuzz/check-cases.ts';
import type { Draw } from '../fuzz/draw.mjs';
import { mutate } from '../fuzz/mutate.mjs';
import { extractContent, type ExtractedFolder } from '../support/extract-folder.ts';
import { drawRecord, drawSchema } from './drawn-records.ts';
import { writeFile, type SourceFile } from './source-file.ts';

/** Each plans and extracts a pipeline twice, with engines and Parquet files. */
const CASES = 8;
const FORMATS = ['lines', 'array', 'document', 'csv', 'sqlite'] as const;

const MICROS_PER_DAY = 86_400_000_000n;

/** A cell as it is read back from Parquet. */
function stored({ type }: StagedTable['columns'][number], cell: TypedCell): unknown {
  if (cell === null) return null;
  if (type.kind === 'date') return isoDay(cell as number);
  if (type.kind === 'timestamp') {
    const micros = cell as bigint;
    const inDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
    const clock = new Date(Number(inDay / 1000n)).toISOString().slice(11, 19);
    const fraction = String(inDay % 1_000_000n)
      .padStart(6, '0')
      .replace(/0+$/, '');
    const time = `${isoDay(Number((micros - inDay) / MICROS_PER_DAY))} ${clock}`;
    return fraction === '' ? time : `${time}.${fraction}`;
  }
  if (type.kind !== 'decimal') return cell;
  if (type.scale === 0) return String(cell);
  const digits = String(cell)
    .replace('-', '')
    .padStart(type.scale + 1, '0');
  return `${(cell as bigint) < 0n ? '-' : ''}${digits.slice(0, -type.scale)}.${digits.slice(-type.scale)}`;
}

const isoDay = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10);

function storedRows(file: SourceFile): Record<string, unknown[]> {
  return Object.fromEntries(
    file.tables.map(({ name, columns }) => [
      name,
      file.expected
        .flatMap((record) => ('rows' in record ? (record.rows[name] ?? []) : []))
        .map((cells) =>
          Object.fromEntries(
            columns.map((column, index) => [column.name, stored(column, cells[index] ?? null)]),
          ),
        ),
    ]),
  );
}

/** All that a run would see of what was extracted, but for names that carry the attempt. */
function outcome({ tables, rejects, files, manifests }: ExtractedFolder) {
  const batches = manifests.flatMap(({ outputs }) =>
    outputs.flatMap((output) =>
      output.batches.map(({ rows, bytes, sha256 }) => [output.table, rows, bytes, sha256]),
    ),
  );
  return { tables, rejects, files, batches };
}

async function checkExtraction(draw: Draw, format: (typeof FORMATS)[number]): Promise<void> {
  const schema = drawSchema(draw);
  const records = draw.list(1, 40, () => drawRecord(draw, schema, 3));
  const file = writeFile(draw, format, schema, records);
  const content = {
    sources: { data: file.source },
    files: { [file.name]: file.bytes },
    settings: { batch: { rows: draw.pick([50_000, 1, 7, 20]) } },
  };
  const found = await extractContent(content);
  expect(found.tables).toEqual(storedRows(file));
  expect(found.rejects).toHaveLength(file.expected.filter((record) => 'faults' in record).length);
  const strictly = await extractContent(content, { strictOnly: true });
  expect(outcome(strictly)).toEqual(outcome(found));
}

test.each(FORMATS)(
  'a run has the rows of the model, and the same batches by any lane: %s',
  { timeout: 300_000 },
  async (format) => {
    await checkCases(CASES, (draw) => checkExtraction(draw, format));
  },
);

/** What is extracted, or the error that a person is shown. */
async function outcomeOf(
  content: Parameters<typeof extractContent>[0],
  strictOnly: boolean,
): Promise<unknown> {
  try {
    return outcome(await extractContent(content, { strictOnly }));
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { code: error.code, message: error.message };
  }
}

test('a damaged database is refused, or read alike by any lane', { timeout: 300_000 }, async () => {
  await checkCases(2 * CASES, async (draw) => {
    const schema = drawSchema(draw);
    const records = draw.list(1, 60, () => drawRecord(draw, schema, 3));
    const file = writeFile(draw, 'sqlite', schema, records);
    const bytes = mutate(draw, file.bytes, 3);
    const content = { sources: { data: file.source }, files: { [file.name]: bytes } };
    expect(await outcomeOf(content, true)).toEqual(await outcomeOf(content, false));
  });
});
