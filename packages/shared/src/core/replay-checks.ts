import type { CheckDeclaration, Source } from './pipeline.ts';

/** What a replay makes of a pipeline. */
export interface ReplayedTables {
  readonly sources: readonly Pick<Source, 'tables'>[];
  /** Models that it computes. */
  readonly models: readonly { readonly name: string }[];
  /** Staged tables whose rows are the replayed records; all others are read whole. */
  readonly replayed: ReadonlySet<string>;
  /** Models that are computed from these rows. */
  readonly fed: ReadonlySet<string>;
}

/**
 * The checks that judge the rows of a replay. Those that judge a table as a whole (its rows, its age, its sums, whatever
 * a file in `checks/` asks) would find the few replayed records wanting, and say nothing of the run that they join.
 */
export function replayChecks(
  checks: readonly CheckDeclaration[],
  { sources, models, replayed, fed }: ReplayedTables,
): CheckDeclaration[] {
  const tables = new Set([
    ...sources.flatMap((source) => source.tables.map(({ name }) => name)),
    ...models.map(({ name }) => name),
  ]);
  const isOfOneSource = (one: string, other: string) =>
    sources.some(({ tables: own }) => [one, other].every((table) => own.some(({ name }) => name === table)));
  return checks.filter(({ table, rule }) => {
    if (table === null || !tables.has(table)) return false;
    switch (rule.kind) {
      case 'not_null':
      case 'unique':
      case 'accepted_values':
      case 'range':
      case 'matches':
        return true;
      case 'relationships':
        // What the rows refer to is there as a whole, or came with them from the same records.
        return (
          tables.has(rule.to) &&
          ((!replayed.has(rule.to) && !fed.has(rule.to)) || isOfOneSource(table, rule.to))
        );
      default:
        return false;
    }
  });
}
