import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startDashboard, type TestDashboard } from '../support/dashboard.ts';
import { writeNumbers } from '../support/numbers-pipeline.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';
import { until } from '../support/until.ts';

let stack: TestStack;
let dashboard: TestDashboard;

beforeAll(async () => {
  stack = await startTestStack();
  dashboard = await startDashboard(stack);
});
afterAll(async () => {
  await dashboard?.stop();
  await stack?.stop();
});

type Json = Readonly<Record<string, unknown>>;

async function get<T = Json>(route: string): Promise<T> {
  const response = await fetch(new URL(route, dashboard.url));
  return (await response.json()) as T;
}

async function post(route: string, body: Json = {}): Promise<Json> {
  const { csrf_token } = await get<{ csrf_token: string }>('/api/session');
  const response = await fetch(new URL(route, dashboard.url), {
    method: 'POST',
    headers: { 'x-csrf-token': csrf_token, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Json;
}

interface Event {
  readonly name: string;
  readonly data: Json;
}

/** Events until one is enough. */
async function watch(query: string, isEnough: (event: Event) => boolean): Promise<Event[]> {
  const aborting = new AbortController();
  const response = await fetch(new URL(`/api/events?${query}`, dashboard.url), { signal: aborting.signal });
  const events: Event[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(part);
      if (found === null) continue;
      events.push({ name: found[1] ?? '', data: JSON.parse(found[2] ?? '') as Json });
    }
    if (events.some(isEnough)) break;
  }
  aborting.abort();
  return events;
}

const runOf = (text: string) => (JSON.parse(text) as { run: string }).run;
const statusOf = async (run: string) =>
  (await get<{ live: { status: string } }>(`/api/runs/${run}`)).live.status;

test('a run is watched from its request to its rows', async () => {
  const pipeline = await writeNumbers(stack.folder, 60_000);
  const run = runOf((await stack.cli('run', pipeline, '--json')).stdout);
  const events = await watch(
    `topics=runs&run=${run}`,
    ({ name, data }) => name === 'run' && data['status'] === 'published',
  );
  const seen = events.filter(({ name }) => name === 'run').map(({ data }) => data['status']);
  expect(seen.at(-1)).toBe('published');
  expect(events.some(({ name }) => name === 'runs')).toBe(true);

  const page = await get<{ runs: Json[]; pipelines: string[] }>(
    '/api/runs?pipeline=numbers&status=published',
  );
  expect(page).toMatchObject({
    pipelines: ['numbers'],
    runs: [{ run, status: 'published', fraction: 1, records_seen: 60_000, rows_published: 60_000 }],
  });
  const detail = await get(`/api/runs/${run}`);
  expect(detail).toMatchObject({
    report: { run, status: 'published' },
    live: {
      nodes: {
        'source:numbers': { state: 'done', rows: 60_000 },
        'table:numbers': { state: 'done', rows: 60_000 },
        'model:numbers_kept': { state: 'done', rows: 60_000 },
        'destination:0': { state: 'done', rows: 60_000 },
      },
    },
    graph: {
      edges: [
        { from: 'source:numbers', to: 'table:numbers' },
        { from: 'table:numbers', to: 'model:numbers_kept' },
        { from: 'model:numbers_kept', to: 'destination:0' },
      ],
    },
    can: { cancel: false, retry: false, resume: false },
  });
  const tasks = await get<{ version: number; tasks: Json[] }>(`/api/runs/${run}/tasks`);
  expect(tasks.tasks[0]).toMatchObject({
    kind: 'extract',
    state: 'done',
    batches: 60,
    rows: 60_000,
    attempts: 1,
  });
  expect(await get(`/api/runs/${run}/tasks?since=${tasks.version}`)).toMatchObject({
    complete: false,
    tasks: [],
  });
  const table = await get('/api/tables/numbers/numbers_kept?limit=2');
  expect(table).toMatchObject({
    table: { rows: 60_000, latest_run: run },
    preview: { truncated: true, rows: [expect.any(Array), expect.any(Array)] },
    history: [{ run, rows: 60_000 }],
  });
  expect(await get('/api/pipelines/numbers')).toMatchObject({
    problem: null,
    models: [{ name: 'numbers_kept', load: 'append', depends_on: ['numbers'] }],
    series: [{ run, rows: { numbers_kept: 60_000 } }],
  });
});

test('a pipeline that never ran has the graph that its folder declares', async () => {
  const pipeline = await writeNumbers(`${stack.folder}/new`, 1);
  const file = path.join(pipeline, 'pipeline.yml');
  await writeFile(file, (await readFile(file, 'utf8')).replace('name: numbers', 'name: unborn'));
  expect((await stack.cli('deploy', pipeline)).code).toBe(0);
  expect(await get('/api/pipelines/unborn')).toMatchObject({
    problem: null,
    graph: {
      nodes: [
        { id: 'source:numbers', detail: 'csv' },
        { id: 'table:numbers', detail: '2 columns' },
        { id: 'model:numbers_kept', detail: 'append' },
        { id: 'destination:0', name: 'out.db' },
      ],
      edges: [
        { from: 'source:numbers', to: 'table:numbers' },
        { from: 'table:numbers', to: 'model:numbers_kept' },
        { from: 'model:numbers_kept', to: 'destination:0' },
      ],
    },
    models: [{ name: 'numbers_kept', depends_on: ['numbers'] }],
    runs: [],
  });
  await writeFile(path.join(pipeline, 'models/numbers_kept.sql'), 'DROP TABLE numbers');
  expect((await stack.cli('deploy', pipeline)).code).toBe(0);
  expect(await get('/api/pipelines/unborn')).toMatchObject({
    problem: { message: expect.stringContaining('not a SELECT') as string },
    graph: { nodes: [], edges: [] },
  });
});

test('hostile values and names of files come as they are, as text in JSON', async () => {
  const folder = path.join(stack.folder, 'hostile');
  const file = '<img src=x onerror=alert(1)> "\' \u001b[31m.csv';
  await mkdir(path.join(folder, 'data'), { recursive: true });
  await mkdir(path.join(folder, 'models'));
  await writeFile(path.join(folder, 'models/kept.sql'), 'SELECT * FROM lines');
  await writeFile(
    path.join(folder, 'pipeline.yml'),
    `name: hostile
sources:
  lines:
    type: csv
    path: data
    tables: { lines: { columns: { id: { type: integer, required: true }, note: { type: text } } } }
rejects: { max_ratio: 1 }
models: { kept: { load: append } }
destination: { type: sqlite, path: out.db }
`,
  );
  const hostile = `<img src=x onerror=alert(1)>${'y'.repeat(10_000)}`;
  await writeFile(path.join(folder, 'data', file), `id,note\n1,"${hostile}"\n"<b>two</b>",\u001b[2J\n`);
  const ran = await stack.cli('run', folder, '--wait', '--json');
  expect(ran.code).toBe(0);
  const { run } = (await get<{ runs: { run: string }[] }>('/api/runs?pipeline=hostile')).runs[0] ?? {
    run: '',
  };
  const rejects = await get<{ rejects: { file: string; raw: string }[] }>(`/api/runs/${run}/rejects`);
  expect(rejects.rejects).toMatchObject([
    { file: `data/${file}`, record_number: 2, line: 3, reason: 'type_mismatch' },
  ]);
  expect(rejects.rejects[0]?.raw).toContain('\u001b[2J');
  const { preview } = await get<{ preview: { rows: string[][] } }>('/api/tables/hostile/kept');
  expect(preview.rows[0]?.find((cell) => String(cell).startsWith('<img'))).toBe(`${hostile.slice(0, 1000)}…`);
});

test('buttons do what commands do: request, pause, cancel', async () => {
  expect(await post('/api/pipelines/numbers/pause', { reason: 'a look' })).toMatchObject({ changed: true });
  const { run } = (await post('/api/pipelines/numbers/run', { full: true })) as { run: string };
  await until(async () => {
    const { live } = await get<{ live: { waiting: { reason: string } | null } }>(`/api/runs/${run}`);
    return live.waiting?.reason === 'pipeline_paused';
  }, 'the run says that it waits for the pause to end');
  expect(await post(`/api/runs/${run}/cancel`)).toMatchObject({
    run,
    message: expect.stringContaining('Cancelled') as string,
  });
  expect(await statusOf(run)).toBe('cancelled');
  expect(await post(`/api/runs/${run}/retry`)).toMatchObject({ code: 'retry_impossible' });
  expect(await post('/api/pipelines/numbers/unpause')).toMatchObject({ paused: false, changed: true });
  const status = JSON.parse((await stack.cli('status', run, '--json')).stdout) as Json;
  expect(status).toMatchObject({
    trigger: 'dashboard',
    status: 'cancelled',
    cancelled_by: expect.stringContaining('dashboard') as string,
  });
});

test('what can be seen without Redis is seen when Redis is emptied', async () => {
  await stack.emptyRedis();
  expect(await get('/api/runs')).toMatchObject({ runs: expect.any(Array) as Json[] });
  await until(
    async () => (await get<{ workers: Json[] }>('/api/workers')).workers.length === 3,
    'workers are back',
  );
});
