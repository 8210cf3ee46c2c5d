import { afterEach, describe, expect, it } from 'vitest';

import { startHealthServer, type Health, type HealthServer } from './health.ts';

const health: Health = {
  healthy: true,
  stage: 'extract',
  worker: 'extract-1',
  version: '0.1.0',
  redis: 'ready',
  startedAt: '2026-11-22T06:00:00.000Z',
  task: null,
};

let server: HealthServer | null = null;
afterEach(() => server?.close());

describe('the health endpoint', () => {
  it('answers 200 when healthy, 503 when not, and 404 to everything else', async () => {
    let healthy = true;
    server = await startHealthServer('127.0.0.1', 0, () => ({ ...health, healthy }));
    const ok = await fetch(server.url);
    expect([ok.status, await ok.json()]).toEqual([200, health]);
    healthy = false;
    expect((await fetch(server.url)).status).toBe(503);
    expect((await fetch(`${server.url}/x`)).status).toBe(404);
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(404);
  });

  it('says which setting is to blame when its port is taken', async () => {
    server = await startHealthServer('127.0.0.1', 0, () => health);
    const port = Number(new URL(server.url).port);
    await expect(startHealthServer('127.0.0.1', port, () => health)).rejects.toMatchObject({
      code: 'config_invalid',
      where: `MILLRACE_HEALTH_HOST=127.0.0.1, MILLRACE_HEALTH_PORT=${port}`,
    });
  });
});
