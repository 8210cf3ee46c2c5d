import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { queryRow, queryRows, readPublished, runOracle, type ExpectedTable } from '../support/published.ts';
import { copyTestPipeline, hasSharedData, SHARED_DATA } from '../support/shared-data.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** Pipelines over data that nobody here made, against figures computed by other code. */
describe.skipIf(!hasSharedData)('pipelines over real data', () => {
  let stack: TestStack;
  let expected: (table: string) => Promise<ExpectedTable>;

  beforeAll(async () => {
    stack = await startTestStack();
    expected = await runOracle('real_data.py', SHARED_DATA, path.join(stack.folder, 'expected'));
  });
  afterAll(() => stack.stop());

  /** Runs a test pipeline. @returns its database, and the run's report as `--json` prints it */
  async function publish(name: string) {
    const pipeline = await copyTestPipeline(name, stack.folder);
    const { code, stdout, stderr } = await stack.cli('run', pipeline, '--wait', '--json');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return {
      database: path.join(pipeline, 'final_analytics.db'),
      run: queryRow(path.join(pipeline, 'final_analytics.db'), 'SELECT * FROM _millrace_runs'),
      stdout,
    };
  }

  async function expectTable(database: string, pipeline: string, table: string): Promise<void> {
    const wanted = await expected(`${pipeline}/${table}`);
    expect(readPublished(database, table, wanted)).toEqual(wanted.rows);
  }

  it.each(['chinook-json', 'chinook-sqlite'])('%s gives the known figures to the cent', async (name) => {
    const { database, run } = await publish(name);
    const countries = queryRows(database, 'SELECT country, invoices, revenue FROM revenue_by_country_latest');
    expect(countries).toContainEqual({ country: 'USA', invoices: 91, revenue: 523.06 });
    expect(countries).toContainEqual({ country: 'Canada', invoices: 56, revenue: 303.96 });
    expect(countries).toContainEqual({ country: 'France', invoices: 35, revenue: 195.1 });
    expect(
      queryRow(
        database,
        'SELECT round(sum(revenue), 2) AS total, sum(invoices) AS invoices FROM revenue_by_country_latest',
      ),
    ).toEqual({
      total: 2328.6,
      invoices: 412,
    });
    expect(run).toMatchObject({ status: 'published', records_rejected: 0 });
    for (const table of ['revenue_by_country', 'revenue_by_genre', 'customer_value'])
      await expectTable(database, name, table);
  });

  it('chinook gives the same tables from JSON and from SQLite', async () => {
    for (const table of ['revenue_by_country', 'revenue_by_genre', 'customer_value']) {
      expect((await expected(`chinook-json/${table}`)).rows).toEqual(
        (await expected(`chinook-sqlite/${table}`)).rows,
      );
    }
  });

  it.each([
    ['movies', 1, { null_violation: 1 }],
    ['movies-strict', 10, { null_violation: 1, type_mismatch: 9 }],
  ])('%s rejects %i of 3201 records', async (name, rejected, reasons) => {
    const { run, database, stdout } = await publish(name);
    expect(run).toMatchObject({ records_seen: 3201, records_rejected: rejected });
    expect(JSON.parse(stdout)).toMatchObject({ rejects: { by_reason: reasons } });
    for (const { name: table } of queryRows(
      database,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_millrace%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
    )) {
      await expectTable(database, name, String(table));
    }
  });

  it('earthquakes finds 1707 features inside the document, with times from milliseconds', async () => {
    const { run, database } = await publish('earthquakes');
    expect(run).toMatchObject({ records_seen: 1707, records_rejected: 0 });
    for (const { name: table } of queryRows(
      database,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_millrace%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
    )) {
      await expectTable(database, 'earthquakes', String(table));
    }
  });

  it('albums reads 509 rows of a file with CR line ends and keeps 140', async () => {
    const { run, database } = await publish('albums-seed');
    expect(run).toMatchObject({ records_seen: 509 });
    expect(queryRow(database, 'SELECT count(*) AS kept FROM albums_since')).toEqual({ kept: 140 });
    await expectTable(database, 'albums-seed', 'albums_since');
  });
});
