import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openFolderBucket } from '@millrace/shared/adapters/bucket-folder';
import { readConfig } from '@millrace/shared/runtime/config';
import { createLogger } from '@millrace/shared/runtime/logger';
import { startTestRedis, type TestRedis } from '@millrace/shared/testing/with-redis';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { buildApp } from '../../services/dashboard/dist/app.js';
import { readDashboardConfig } from '../../services/dashboard/dist/config.js';
import { closeTools, createTools } from '../../services/dashboard/dist/start-dashboard.js';

const OPERATOR = 'pass of operators';
const VIEWER = 'pass of viewers';
const TOKEN = 'a-token-for-programs-that-look';

interface Served {
  readonly app: Awaited<ReturnType<typeof buildApp>>;
  readonly routes: { readonly method: string; readonly url: string }[];
  close(): Promise<void>;
}

let folder: string;
let redis: TestRedis;
let locked: Served;
let open: Served;

async function serve(settings: Readonly<Record<string, string>>): Promise<Served> {
  const config = readConfig({
    MILLRACE_HOME: path.join(folder, 'home'),
    MILLRACE_QUEUE_PREFIX: redis.prefix,
    REDIS_URL: redis.url,
  });
  const tools = await createTools({
    config,
    dashboard: readDashboardConfig(settings),
    logger: createLogger({ logLevel: 'silent' }, 'dashboard'),
    bucket: await openFolderBucket(config.bucket),
  });
  await tools.redis.ping().catch(() => new Promise((resolve) => tools.redis.once('ready', resolve)));
  const routes: Served['routes'] = [];
  const app = await buildApp(tools, ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url });
  });
  await app.ready();
  return {
    app,
    routes,
    close: async () => {
      await app.close();
      await closeTools(tools);
    },
  };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-dashboard-'));
  redis = await startTestRedis(process.env);
  locked = await serve({
    MILLRACE_DASHBOARD_HOST: '0.0.0.0',
    MILLRACE_DASHBOARD_PASSWORD: OPERATOR,
    MILLRACE_DASHBOARD_VIEWER_PASSWORD: VIEWER,
    MILLRACE_DASHBOARD_TOKEN: TOKEN,
  });
  open = await serve({});
});

afterAll(async () => {
  await locked?.close();
  await open?.close();
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

let visitors = 0;
/** Each from an address of its own, for the tries of an address are counted. */
async function login(password: string, address = `10.0.0.${(visitors += 1)}`) {
  const answer = await locked.app.inject({
    method: 'POST',
    url: '/api/login',
    remoteAddress: address,
    payload: { password },
  });
  const cookie = String(answer.headers['set-cookie'] ?? '').split(';')[0] ?? '';
  return { answer, cookie };
}

async function enter(password: string) {
  const { cookie } = await login(password);
  const session = await locked.app.inject({ url: '/api/session', headers: { cookie } });
  return { cookie, csrf: session.json<{ csrf_token: string }>().csrf_token };
}

const PUBLIC = ['POST /api/login', 'GET /health', 'HEAD /health', 'GET /ready', 'HEAD /ready'];

test('every route asks for a password: data, changes, files, queues, and what does not exist', async () => {
  const known = locked.routes.filter(({ method, url }) => !PUBLIC.includes(`${method} ${url}`));
  expect(known.length).toBeGreaterThan(60);
  const asked = known.flatMap(({ method, url }) => {
    const real = url.replaceAll(/:\w+|\*/g, 'x');
    return [real, real.replace(/^\/\.board\/\w+/, '/queues')].map((one) => ({ method, url: one }));
  });
  asked.push(
    { method: 'GET', url: '/' },
    { method: 'GET', url: '/nothing' },
    { method: 'GET', url: '/queues' },
  );
  for (const { method, url } of asked) {
    const answer = await locked.app.inject({ method: method as 'GET', url });
    expect(`${method} ${url} ${answer.statusCode}`).toBe(`${method} ${url} 401`);
  }
});

test('what is open to everybody tells nothing but that the process lives', async () => {
  expect((await locked.app.inject('/health')).json()).toEqual({ healthy: true });
  expect((await locked.app.inject('/ready')).json()).toEqual({ ready: true });
});

test('a person gets the field for the password in place of the page, and then the page that was asked for', async () => {
  const asked = await locked.app.inject({ url: '/runs?status=failed', headers: { accept: 'text/html' } });
  expect(asked.statusCode).toBe(401);
  expect(asked.body).toContain('type="password"');
  expect(asked.body).toContain('value="/runs?status=failed"');
  const answer = await locked.app.inject({
    method: 'POST',
    url: '/api/login',
    remoteAddress: '10.0.1.1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ password: OPERATOR, next: '/runs?status=failed' }).toString(),
  });
  expect(answer.statusCode).toBe(303);
  expect(answer.headers.location).toBe('/runs?status=failed');
  expect(answer.headers['set-cookie']).toMatch(
    /^millrace_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  );
});

test('hostile addresses are shown as text, and lead nowhere else', async () => {
  const url = '/x?%22%3E<script>alert(1)</script>';
  const { body } = await locked.app.inject({ url, headers: { accept: 'text/html' } });
  expect(body).not.toContain('<script>');
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)']) {
    const answer = await locked.app.inject({
      method: 'POST',
      url: '/api/login',
      remoteAddress: '10.0.1.2',
      payload: { password: VIEWER, next },
    });
    expect(answer.headers.location).toBe('/');
  }
});

test('an address may try a few passwords, and others still get in', async () => {
  const address = '10.0.2.1';
  const codes: number[] = [];
  for (let tries = 0; tries < 11; tries += 1) {
    codes.push((await login(`wrong ${tries}`, address)).answer.statusCode);
  }
  expect(codes).toEqual([...Array<number>(10).fill(401), 429]);
  expect((await login(OPERATOR, address)).answer.statusCode).toBe(429);
  expect((await login(OPERATOR)).answer.statusCode).toBe(303);
});

test('a viewer sees all and changes nothing, in the queues neither', async () => {
  const { cookie, csrf } = await enter(VIEWER);
  const headers = { cookie, 'x-csrf-token': csrf };
  expect((await locked.app.inject({ url: '/api/runs', headers })).statusCode).toBe(200);
  const queues = await locked.app.inject({ url: '/queues/api/queues', headers });
  expect(
    queues.json<{ queues: { readOnlyMode: boolean }[] }>().queues.map((queue) => queue.readOnlyMode),
  ).toEqual([true, true, true]);
  for (const url of ['/api/pipelines/shop/pause', '/api/pipelines/shop/run', '/queues/api/queues/pause'])
    expect((await locked.app.inject({ method: 'POST', url, headers })).statusCode).toBe(403);
  const pause = { method: 'PUT', url: '/queues/api/queues/extract/pause', headers } as const;
  expect((await locked.app.inject(pause)).statusCode).toBe(403);
});

test('an operator changes things from the own page only', async () => {
  const { cookie, csrf } = await enter(OPERATOR);
  const resume = (headers: Record<string, string>) =>
    locked.app.inject({
      method: 'POST',
      url: '/api/runs/20261122T060000-1a2b3c4d/resume',
      headers: { cookie, host: 'etl.example:4700', ...headers },
    });
  const right = { 'x-csrf-token': csrf };
  expect((await resume({})).statusCode).toBe(403);
  expect((await resume({ 'x-csrf-token': 'old' })).statusCode).toBe(403);
  expect((await resume({ ...right, origin: 'http://evil.example' })).statusCode).toBe(403);
  expect((await resume({ ...right, 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
  const allowed = await resume({
    ...right,
    origin: 'http://etl.example:4700',
    'sec-fetch-site': 'same-origin',
  });
  expect(allowed.json()).toMatchObject({ code: 'run_not_found' });
  const queues = { method: 'PUT', url: '/queues/api/queues/pause' } as const;
  const crossed = await locked.app.inject({ ...queues, headers: { cookie, origin: 'http://evil.example' } });
  expect(crossed.statusCode).toBe(403);
  const board = await locked.app.inject({ url: '/queues/api/queues', headers: { cookie } });
  expect(board.json<{ queues: { readOnlyMode: boolean }[] }>().queues[0]?.readOnlyMode).toBe(false);
});

test('who has logged out is out', async () => {
  const { cookie, csrf } = await enter(VIEWER);
  const runs = () => locked.app.inject({ url: '/api/runs', headers: { cookie } });
  expect((await runs()).statusCode).toBe(200);
  const headers = { cookie, 'x-csrf-token': csrf };
  expect((await locked.app.inject({ method: 'POST', url: '/api/logout', headers })).statusCode).toBe(204);
  expect((await runs()).statusCode).toBe(401);
});

test('a program with the token may look', async () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  expect((await locked.app.inject({ url: '/metrics', headers })).body).toContain('millrace_build_info');
  const pause = { method: 'POST', url: '/api/pipelines/shop/pause', headers } as const;
  expect((await locked.app.inject(pause)).statusCode).toBe(403);
  const wrong = { authorization: `Bearer ${TOKEN}x` };
  expect((await locked.app.inject({ url: '/metrics', headers: wrong })).statusCode).toBe(401);
});

test('without a password only names of this machine are answered, so that no page of another origin can read', async () => {
  const ask = (host: string) => open.app.inject({ url: '/api/runs', headers: { host } });
  for (const host of ['localhost:4700', '127.0.0.1:4700', '[::1]:4700'])
    expect((await ask(host)).statusCode).toBe(200);
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.1.2.3'])
    expect((await ask(host)).statusCode).toBe(403);
});

test('no answer lets a page of another origin in, or anything from outside', async () => {
  for (const url of ['/', '/api/runs', '/queues/', '/nothing.js']) {
    const { headers, body } = await open.app.inject(url);
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(body).not.toMatch(/(?:src|href)="https?:/);
  }
});

test('names in addresses cannot lead out of the bucket or of the folder of the page', async () => {
  for (const url of [
    '/api/runs/..%2f..%2fetc',
    '/api/pipelines/..%2f..',
    `/api/runs/${'x'.repeat(1500)}`,
    '/api/tables/..%2fx/y',
    '/api/runs?before=../x',
  ]) {
    expect((await open.app.inject(url)).json()).toMatchObject({ code: 'usage' });
  }
  for (const url of ['/..%2f..%2fpackage.json', '/assets/..%2f..%2fapp.js', '/.board/operator/'])
    expect((await open.app.inject(url)).statusCode).toBeGreaterThanOrEqual(400);
});

test('a body that is too large is refused', async () => {
  const { csrf } = await open.app
    .inject('/api/session')
    .then((answer) => ({ csrf: answer.json<{ csrf_token: string }>().csrf_token }));
  const answer = await open.app.inject({
    method: 'POST',
    url: '/api/pipelines/shop/pause',
    headers: { 'x-csrf-token': csrf },
    payload: { reason: 'x'.repeat(100_000) },
  });
  expect(answer.statusCode).toBe(413);
});
