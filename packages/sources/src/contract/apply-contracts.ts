import { fail, isMillraceError } from '@millrace/shared/core/errors';
import { describeDrift, withoutNewValue, type PlannedDrift } from '@millrace/shared/core/drift';
import type { PlannedInput, PlannedSource, StagedTable } from '@millrace/shared/core/plan';
import type { Partition } from '@millrace/shared/core/build-tasks';

import { fittingKind } from '../infer/fitting-type.ts';
import { guessType } from '../infer/guess-column.ts';
import { rowsOfTable } from '../plan/describe-columns.ts';
import { samplePartitions } from '../plan/sample-partitions.ts';
import type { SourceSurvey } from '../plan/source-survey.ts';
import type { SampleLimits } from '../plan/sample-records.ts';
import { evolves, evolveTable } from './evolve-table.ts';
import { findDrift, type FoundDrift, type TypeFor } from './find-drift.ts';

/** What planning knows of a source when its contracts are looked at. */
export interface ContractScope {
  readonly source: PlannedSource;
  readonly tables: readonly StagedTable[];
  readonly partitions: readonly Partition[];
  /** Of the source: partitions name them by index. */
  readonly inputs: readonly PlannedInput[];
  /** Rows that the survey looked at; what is not among them is read. */
  readonly found?: SourceSurvey['found'];
}

/** The beginnings of the first part and of the last, often the newest file: a run must not wait for what nobody demands. */
const GLANCE: SampleLimits = { records: 400, bytesPerPart: 64 * 1024, rowsPerPart: 400, parts: 2 };
/** What becomes a column, or is shown to a person who decides by it, is worth more. */
const THOROUGH: SampleLimits = { records: 20_000, bytesPerPart: 8 * 1024 * 1024, rowsPerPart: 20_000 };

/**
 * Compares the declared columns of a source's tables with some of its records, and has tables follow them whose
 * contract is `evolve`. Tables without declared columns have those of the data already. Reads the source.
 */
export async function applyContracts(
  scope: ContractScope,
): Promise<{ readonly tables: readonly StagedTable[]; readonly drift: readonly PlannedDrift[] }> {
  const isThorough = scope.tables.some(evolves);
  const found = isThorough
    ? await lookForDrift(scope, THOROUGH, fittingType(scope.source))
    : await glance(scope);
  const drift = found.map((one) => withoutNewValue(one.drift));
  return { tables: scope.tables.map((table) => evolveTable(table, found)), drift };
}

/**
 * Throws `contract_broken` where the contract of a table is `freeze`, once all sources were looked at: a person should
 * see all that has changed at once, and so should the history of the run, which has no plan then.
 */
export function requireContracts(tables: readonly StagedTable[], drift: readonly PlannedDrift[]): void {
  const broken = drift.filter(
    ({ mode, kind, rows }) => mode === 'freeze' && (kind !== 'new_column' || rows > 0),
  );
  if (broken.length > 0) throw contractBroken(tables, broken, drift);
}

/** A file that cannot be read is none of its business: the task that reads it meets the same, and says what and where. */
async function glance(scope: ContractScope): Promise<FoundDrift[]> {
  try {
    return await lookForDrift(scope, GLANCE, fittingType(scope.source));
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return [];
  }
}

/** The same for a person who decides by it: changes nothing, throws for no contract, and proposes types as `init` does. */
export async function compareContracts(scope: ContractScope): Promise<FoundDrift[]> {
  const { type } = scope.source;
  const dialect = type === 'parquet' ? 'json' : type;
  return lookForDrift(scope, THOROUGH, (name, values) => guessType(name, values, dialect));
}

async function lookForDrift(
  scope: ContractScope,
  limits: SampleLimits,
  typeFor: TypeFor,
): Promise<FoundDrift[]> {
  const { source, tables } = scope;
  const declared = tables.filter(({ inferred }) => !inferred);
  if (source.type === 'sqlite') {
    return declared.flatMap((table) => {
      const found = scope.found?.get(table.name) ?? [];
      const rows = found.flatMap((one) => one.rows).map((value) => ({ ok: true, value }) as const);
      const headers = found.map(({ header }) => header);
      const sampled = { rows: rowsOfTable(table, rows), headers, dialect: source.type, typeFor };
      // Each of its tables is read on its own.
      return findDrift({ table, tables: [table], ...sampled });
    });
  }
  if (declared.length === 0) return [];
  const records = await samplePartitions(scope, scope.partitions, limits);
  const sampled = { headers: headersOf(scope), dialect: source.type, typeFor };
  return declared.flatMap((table) =>
    findDrift({ table, tables, rows: rowsOfTable(table, records), ...sampled }),
  );
}

function headersOf({ inputs, partitions }: ContractScope): readonly (readonly string[])[] {
  const read = new Set(
    partitions.flatMap(({ read }) => (read.kind === 'files' ? read.slices.map(({ input }) => input) : [])),
  );
  return inputs.flatMap(({ layout }, index) =>
    read.has(index) && layout.kind === 'csv' ? [layout.header] : [],
  );
}

function fittingType({ type }: PlannedSource): TypeFor {
  const dialect = type === 'csv' ? 'csv' : 'json';
  return (_, values) => ({ type: { kind: fittingKind(values, dialect) }, format: null });
}

const SHOWN = 5;

function contractBroken(
  tables: readonly StagedTable[],
  broken: readonly PlannedDrift[],
  drift: readonly PlannedDrift[],
): Error {
  const isBroken = ({ name }: StagedTable) => broken.some(({ table }) => table === name);
  const sources = new Set(tables.filter(isBroken).map(({ source }) => `sources.${source}`));
  const shown = broken.slice(0, SHOWN).map(describeDrift);
  const more = broken.length > SHOWN ? `; and ${broken.length - SHOWN} more` : '';
  return fail('contract_broken', {
    message: `The data is not as declared, and the contract is freeze: ${shown.join('; ')}${more}.`,
    where: [...sources].join(', '),
    drift,
    hint: 'See it with `millrace contract diff <pipeline>`. Mend the data, or take the change over with `millrace contract accept <pipeline>`.',
  });
}
