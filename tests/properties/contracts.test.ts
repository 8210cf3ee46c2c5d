import { CONTRACT_MODES, type Contract } from '@millrace/shared/core/contract';
import type { DriftCount } from '@millrace/shared/core/drift';
import type { StagedTable } from '@millrace/shared/core/plan';
import { expect, test } from 'vitest';

import { checkCases } from '../fuzz/check-cases.ts';
import type { Draw } from '../fuzz/draw.mjs';
import { drawRecord, drawSchema } from './drawn-records.ts';
import { lanesFor } from './lanes.ts';
import type { Failure, Reading } from './reading.ts';
import { FORMATS, writeFile, type SourceFile } from './source-file.ts';

/** Each is some records in all six formats. */
const CASES = 300;

/** A table that forgot some of its columns, whose fields then are new, and has any contract. */
function underContract(draw: Draw, table: StagedTable): StagedTable {
  const mode = draw.pick(['report', ...CONTRACT_MODES] as const);
  const contract: Contract = {
    newColumns: draw.pick(['report', ...CONTRACT_MODES] as const),
    missingColumns: mode,
    changedTypes: draw.pick(CONTRACT_MODES),
    ignored: draw.chance(20) ? [['extra']] : [],
  };
  const [first, ...others] = table.columns;
  const kept = others.filter(() => draw.chance(70));
  return { ...table, columns: first === undefined ? kept : [first, ...kept], contract };
}

/** What readings have to agree on: of a broken contract that it is broken, not where each lane met it first. */
function comparable(reading: Reading | Failure): unknown {
  if ('failed' in reading) return reading.failed.split(':')[0];
  return { ...reading, drift: reading.drift.map(driftText).sort() };
}

function driftText({ table, kind, path, values }: DriftCount): string {
  return JSON.stringify([table, kind, path, values]);
}

test(
  'whatever a contract says, all lanes make the same of a file, and count the same',
  { timeout: 300_000 },
  async () => {
    const met = { taken: 0, broken: 0, counted: 0, unknown: 0 };
    await checkCases(CASES, async (draw) => {
      const schema = drawSchema(draw);
      const records = draw.list(0, 5, () => drawRecord(draw, schema, 3));
      for (const format of FORMATS) {
        const written = writeFile(draw, format, schema, records);
        const file: SourceFile = {
          ...written,
          tables: written.tables.map((table) => underContract(draw, table)),
        };
        const readings: (Reading | Failure)[] = [];
        for (const lane of lanesFor(file)) {
          readings.push(await lane.read(draw, file));
          met.taken += lane.taken?.() ?? 0;
        }
        const [strict, ...others] = readings.map(comparable);
        const shown = () => `${format}: ${JSON.stringify(file.tables)}\n${file.bytes.toString()}`;
        for (const other of others) expect(other, shown()).toEqual(strict);
        for (const reading of readings) {
          if ('failed' in reading) met.broken += 1;
          else {
            met.counted += reading.drift.length;
            met.unknown += reading.rejects.filter(({ reason }) => reason === 'unknown_field').length;
          }
        }
      }
    });
    // Else nothing was compared.
    for (const count of Object.values(met)) expect(count).toBeGreaterThan(CASES / 20);
  },
);
