import type { ModelTest, TestTable } from '@millrace/shared/core/model-test';
import { fail } from '@millrace/shared/core/errors';
import { didYouMean } from '@millrace/shared/core/nearest-name';
import type { PlannedModel } from '@millrace/shared/core/plan';

/** What a test needs to run. */
export interface TestInputs<Model> {
  readonly tables: readonly TestTable[];
  /** Models between the given tables and the tested one, which is the last, in their order. */
  readonly models: readonly Model[];
}

/**
 * Finds out which tables a test fills and which models it runs: a model that is read, and of which no rows are given,
 * is computed from what it reads in turn. Throws `pipeline_invalid` for a staged table that is read and not given, which
 * would else be empty without a word, and for rows that nothing reads.
 * @param models of the pipeline, each after those it reads
 */
export function testInputs<Model extends Pick<PlannedModel, 'name' | 'dependsOn'>>(
  test: ModelTest,
  models: readonly Model[],
): TestInputs<Model> {
  const given = new Map(test.given.map((table) => [table.name.toLowerCase(), table]));
  const needed = new Set<string>([test.model]);
  const filled = new Map<string, TestTable>();
  const computed: Model[] = [];
  for (const model of models.toReversed()) {
    if (!needed.has(model.name)) continue;
    computed.unshift(model);
    for (const name of model.dependsOn) {
      const table = given.get(name.toLowerCase());
      if (table !== undefined) filled.set(name, { ...table, name });
      else if (models.some((other) => other.name === name)) needed.add(name);
      else throw notGiven(test, model.name, name);
    }
  }
  const unread = test.given.find(({ name }) => {
    const lower = name.toLowerCase();
    return ![...filled.keys()].some((known) => known.toLowerCase() === lower);
  });
  if (unread !== undefined) throw notRead(test, unread, computed);
  return { tables: [...filled.values()], models: computed };
}

function notGiven(test: ModelTest, model: string, table: string): Error {
  return fail('pipeline_invalid', {
    message: `Model '${model}' reads '${table}', of which the test gives no rows.`,
    where: test.where,
    hint: `Give it rows under \`given:\`, or \`${table}: []\` if it is to be empty.`,
  });
}

function notRead(
  test: ModelTest,
  table: TestTable,
  computed: readonly Pick<PlannedModel, 'dependsOn'>[],
): Error {
  const read = [...new Set(computed.flatMap(({ dependsOn }) => dependsOn))];
  return fail('pipeline_invalid', {
    message: `'${table.name}' is given, but '${test.model}' does not read it.${didYouMean(table.name, read)}`,
    where: table.where,
    hint: `Read here: ${read.join(', ') || 'nothing'}.`,
  });
}
