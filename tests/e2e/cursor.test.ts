import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { changeSource, runToEnd, watermarksIn, writeCursorPipeline } from '../support/cursor-pipeline.ts';
import { queryRow, queryRows } from '../support/published.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

const EVENTS = 'CREATE TABLE events (id INTEGER PRIMARY KEY, note TEXT, changed_at TEXT)';
const insert = (id: number, at: string, note = 'first') =>
  `INSERT INTO events VALUES (${id}, '${note}', '2026-11-22 ${at}')`;

function kept(pipeline: string, columns = '*') {
  return queryRows(path.join(pipeline, 'out.db'), `SELECT ${columns} FROM events_kept ORDER BY id`);
}

describe('runs with rows inserted and updated in between', () => {
  it('append every row once, each with the run that found it', async () => {
    const pipeline = await writeCursorPipeline(path.join(stack.folder, 'appended'), {
      table: 'cursor: id',
      load: 'append',
    });
    changeSource(pipeline, EVENTS, insert(1, '10:00:00'), insert(2, '10:00:01'));
    const first = await runToEnd(stack, pipeline);
    changeSource(pipeline, insert(3, '10:00:02'), "UPDATE events SET note = 'changed' WHERE id = 1");
    const second = await runToEnd(stack, pipeline);
    const third = await runToEnd(stack, pipeline);
    expect([first.code, second.code, third.code]).toEqual([0, 0, 0]);
    expect(kept(pipeline, 'id, note, _run_id AS run')).toEqual([
      { id: 1, note: 'first', run: first.run },
      { id: 2, note: 'first', run: first.run },
      { id: 3, note: 'first', run: second.run },
    ]);
    expect(watermarksIn(pipeline)).toEqual([
      {
        source: 'app',
        table_name: 'events',
        file: 'app.db',
        cursor_column: 'id',
        value: 3,
        run_id: second.run,
      },
    ]);
  });

  it('merge what was changed since', async () => {
    const pipeline = await writeCursorPipeline(path.join(stack.folder, 'merged'), {
      table: 'cursor: changed_at',
      load: '{ merge: [id] }',
    });
    changeSource(pipeline, EVENTS, insert(1, '10:00:00'), insert(2, '10:00:01'));
    await runToEnd(stack, pipeline);
    changeSource(
      pipeline,
      "UPDATE events SET note = 'changed', changed_at = '2026-11-22 10:05:00' WHERE id = 1",
      "UPDATE events SET note = 'changed without a trace' WHERE id = 2",
      insert(3, '10:05:01'),
    );
    expect((await runToEnd(stack, pipeline)).code).toBe(0);
    expect(kept(pipeline, 'id, note')).toEqual([
      { id: 1, note: 'changed' },
      { id: 2, note: 'first' },
      { id: 3, note: 'first' },
    ]);
    expect((await runToEnd(stack, pipeline, '--full')).code).toBe(0);
    expect(kept(pipeline, 'id, note')[1]).toEqual({ id: 2, note: 'changed without a trace' });
    expect(watermarksIn(pipeline)).toMatchObject([{ value: '2026-11-22 10:05:01' }]);
  });

  it('catch rows that came late within the lag, and not those that came later still', async () => {
    const pipeline = await writeCursorPipeline(path.join(stack.folder, 'late'), {
      table: 'cursor: changed_at, lag: 10 minutes',
      load: '{ merge: [id] }',
    });
    changeSource(pipeline, EVENTS, insert(1, '10:00:00'));
    await runToEnd(stack, pipeline);
    changeSource(pipeline, insert(2, '09:50:00'), insert(3, '09:49:59'), insert(4, '10:00:00'));
    expect((await runToEnd(stack, pipeline)).code).toBe(0);
    expect(kept(pipeline, 'id')).toEqual([{ id: 1 }, { id: 2 }, { id: 4 }]);
  });

  it('leave the watermark where it is when the newest rows are gone, or all of them', async () => {
    const pipeline = await writeCursorPipeline(path.join(stack.folder, 'gone'), {
      table: 'cursor: id',
      load: 'append',
    });
    changeSource(pipeline, EVENTS);
    expect((await runToEnd(stack, pipeline)).code).toBe(0);
    expect(watermarksIn(pipeline)).toEqual([]);
    changeSource(pipeline, insert(5, '10:00:00'));
    await runToEnd(stack, pipeline);
    changeSource(pipeline, 'DELETE FROM events', insert(4, '10:00:00'));
    await runToEnd(stack, pipeline);
    changeSource(pipeline, 'DELETE FROM events');
    expect((await runToEnd(stack, pipeline)).code).toBe(0);
    expect(watermarksIn(pipeline)).toMatchObject([{ value: 5 }]);
    expect(kept(pipeline, 'id')).toEqual([{ id: 5 }]);
  });
});

it('a run that fails does not move the watermark, and the next one reads its rows', async () => {
  const pipeline = await writeCursorPipeline(path.join(stack.folder, 'failing'), {
    table: 'cursor: id',
    load: 'append',
  });
  const model = path.join(pipeline, 'models/events_kept.sql');
  changeSource(pipeline, EVENTS, insert(1, '10:00:00'));
  expect((await runToEnd(stack, pipeline)).code).toBe(0);
  changeSource(pipeline, insert(2, '10:00:01'));
  await writeFile(model, "SELECT *, error('no') AS failing FROM events\n");
  expect(await runToEnd(stack, pipeline)).toMatchObject({ code: 1, error: { code: 'model_failed' } });
  expect(watermarksIn(pipeline)).toMatchObject([{ value: 1 }]);
  await writeFile(model, 'SELECT * FROM events\n');
  expect((await runToEnd(stack, pipeline)).code).toBe(0);
  expect(kept(pipeline, 'id')).toEqual([{ id: 1 }, { id: 2 }]);
});

it('of two runs requested at the same time one publishes the rows, and the other says so', async () => {
  const pipeline = await writeCursorPipeline(path.join(stack.folder, 'two'), {
    table: 'cursor: id',
    load: 'append',
  });
  changeSource(pipeline, EVENTS, insert(1, '10:00:00'), insert(2, '10:00:01'));
  const runs = await Promise.all([runToEnd(stack, pipeline), runToEnd(stack, pipeline)]);
  // Either they overlapped, or the second was planned when the first was published and found nothing new.
  const failed = runs.filter(({ code }) => code !== 0);
  expect(failed.length).toBeLessThan(2);
  for (const { code, error } of failed) {
    expect(code).toBe(3);
    expect(error).toMatchObject({ code: 'watermark_moved' });
  }
  expect(kept(pipeline, 'id')).toEqual([{ id: 1 }, { id: 2 }]);
});

it('a destination of files keeps the watermark with the rows', async () => {
  const pipeline = await writeCursorPipeline(path.join(stack.folder, 'files'), {
    table: 'cursor: changed_at',
    load: 'append',
    destination: '{ type: files, path: out, format: csv }',
  });
  changeSource(pipeline, EVENTS, insert(1, '10:00:00'));
  const first = await runToEnd(stack, pipeline);
  changeSource(pipeline, insert(2, '11:00:00'));
  const second = await runToEnd(stack, pipeline);
  const rows = async (run: string) =>
    (await readFile(path.join(pipeline, 'out/runs', run, 'events_kept.csv'), 'utf8'))
      .trim()
      .split('\r\n')
      .slice(1);
  expect(await rows(first.run)).toHaveLength(1);
  expect(await rows(second.run)).toEqual([expect.stringMatching(/^2,/)]);
  const record = JSON.parse(
    await readFile(path.join(pipeline, 'out/runs', second.run, '_millrace.json'), 'utf8'),
  ) as { watermarks: unknown };
  expect(record.watermarks).toEqual([
    {
      source: 'app',
      table: 'events',
      file: 'app.db',
      column: 'changed_at',
      value: { type: 'text', text: '2026-11-22 11:00:00' },
    },
  ]);
});

it('random inserts between runs are published once each', async () => {
  const pipeline = await writeCursorPipeline(path.join(stack.folder, 'random'), {
    table: 'cursor: seq',
    load: 'append',
  });
  changeSource(pipeline, 'CREATE TABLE events (id TEXT, seq REAL)');
  const random = randomNumbers(11);
  let seq = 0;
  for (let round = 0; round < 6; round += 1) {
    const rows = Array.from({ length: Math.floor(random() * 40) }, () => (seq += random()));
    changeSource(
      pipeline,
      'BEGIN',
      ...rows.map((value) => `INSERT INTO events VALUES ('row ${value}', ${value})`),
      'COMMIT',
    );
    expect((await runToEnd(stack, pipeline)).code).toBe(0);
  }
  const source = queryRows(path.join(pipeline, 'app.db'), 'SELECT id, seq FROM events ORDER BY seq');
  const published = queryRows(path.join(pipeline, 'out.db'), 'SELECT id, seq FROM events_kept ORDER BY seq');
  expect(published).toEqual(source);
  expect(source.length).toBeGreaterThan(20);
});

describe('a loader that is killed in the middle of a load', () => {
  it('leaves rows and watermark as they were, and the next one moves both once', async () => {
    const rows = 400_000;
    const own = await startTestStack(['extractor', 'transformer']);
    try {
      const pipeline = await writeCursorPipeline(path.join(own.folder, 'killed'), {
        table: 'cursor: id',
        load: 'append',
      });
      changeSource(
        pipeline,
        EVENTS,
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
         INSERT INTO events SELECT i, 'a note of some length ' || i, '2026-11-22 10:00:00' FROM n`,
      );
      const { stdout } = await own.cli('run', pipeline, '--json');
      const { run } = JSON.parse(stdout) as { run: string };
      const first = await own.start('loader');
      await until(
        async () => (await readdir(pipeline)).some((name) => name === 'out.db-wal'),
        'the load has begun',
      );
      await first.kill('SIGKILL');
      const before = queryRow(path.join(pipeline, 'out.db'), 'SELECT count(*) AS tables FROM sqlite_schema');
      expect(before).toEqual({ tables: 0 });
      await own.start('loader');
      await until(async () => (await own.store.load(run)).status === 'published', `run ${run} is published`);
      expect(
        queryRow(
          path.join(pipeline, 'out.db'),
          'SELECT count(*) AS n, count(DISTINCT id) AS ids FROM events_kept',
        ),
      ).toEqual({ n: rows, ids: rows });
      expect(watermarksIn(pipeline)).toMatchObject([{ value: rows, run_id: run }]);
    } finally {
      await own.stop();
    }
  });
});

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
