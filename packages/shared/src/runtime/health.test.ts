import { afterEach, describe, expect, it } from 'vitest';

import { startHealthServer, type Health, type HealthServer } from './health.ts';
import { createRegistry } from './metrics.ts';

const health: Health = {
  healthy: true,
  ready: true,
  stage: 'extract',
  worker: 'extract-1',
  version: '0.1.0',
  redis: 'ready',
  startedAt: '2026-11-22T06:00:00.000Z',
  task: null,
};

let server: HealthServer | null = null;
afterEach(() => server?.close());

const start = (read: () => Health, port = 0) =>
  startHealthServer({ host: '127.0.0.1', port, read, registry: createRegistry('extract') });

describe('the health endpoint', () => {
  it('answers 200 when healthy, 503 when not, and 404 to everything else', async () => {
    let healthy = true;
    server = await start(() => ({ ...health, healthy }));
    const ok = await fetch(server.url);
    expect([ok.status, await ok.json()]).toEqual([200, health]);
    healthy = false;
    expect((await fetch(server.url)).status).toBe(503);
    expect((await fetch(`${server.url}/x`)).status).toBe(404);
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(404);
  });

  it('tells apart whether it lives and whether it takes jobs', async () => {
    server = await start(() => ({ ...health, ready: false }));
    const { url } = server;
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.replace('health', 'ready'))).status).toBe(503);
  });

  it('gives its metrics as Prometheus reads them', async () => {
    server = await start(() => health);
    const answer = await fetch(server.url.replace('health', 'metrics'));
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    const text = await answer.text();
    expect(text).toContain('millrace_build_info{service="extract",version="0.1.0"} 1');
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \S+$/m);
  });

  it('says which setting is to blame when its port is taken', async () => {
    server = await start(() => health);
    const port = Number(new URL(server.url).port);
    await expect(start(() => health, port)).rejects.toMatchObject({
      code: 'config_invalid',
      where: `MILLRACE_HEALTH_HOST=127.0.0.1, MILLRACE_HEALTH_PORT=${port}`,
    });
  });
});
