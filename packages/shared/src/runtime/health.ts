import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { fail } from '../core/errors.ts';
import type { Registry } from './metrics.ts';

/**
 * What `GET /health` and `GET /ready` answer with: 200 when `healthy` or `ready`, else 503. No secrets, no paths.
 */
export interface Health {
  /** Lives and hears from Redis: a supervisor may restart a process that is not for long. */
  readonly healthy: boolean;
  /** Healthy, and takes jobs: not yet while it starts, no more once it stops. */
  readonly ready: boolean;
  readonly stage: string;
  readonly worker: string;
  readonly version: string;
  readonly redis: string;
  readonly startedAt: string;
  readonly task: { readonly run: string; readonly task: string } | null;
}

export interface HealthOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly read: () => Health;
  /** What `GET /metrics` tells Prometheus. */
  readonly registry: Registry;
}

export interface HealthServer {
  /** Of `/health`. */
  readonly url: string;
  close(): Promise<void>;
}

/** `/health`, `/ready` and `/metrics` of a worker. Throws `config_invalid` when the address cannot be listened on. */
export async function startHealthServer({
  host,
  port,
  read,
  registry,
}: HealthOptions): Promise<HealthServer> {
  const server: Server = createServer((request, response) => {
    answer(request, response, read, registry).catch((error: Error) => response.destroy(error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(host, port, error)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${shown}:${address.port}/health`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  read: () => Health,
  registry: Registry,
): Promise<void> {
  const route = method === 'GET' ? url : undefined;
  if (route === '/metrics') {
    const metrics = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(metrics);
  } else if (route === '/health' || route === '/ready') {
    const health = read();
    const isGood = route === '/health' ? health.healthy : health.ready;
    response.writeHead(isGood ? 200 : 503, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(health)}\n`);
  } else {
    response.writeHead(404).end();
  }
}

function cannotListen(host: string, port: number, cause: Error): Error {
  return fail('config_invalid', {
    message: `Cannot listen for health requests: ${cause.message}.`,
    where: `MILLRACE_HEALTH_HOST=${host}, MILLRACE_HEALTH_PORT=${port}`,
    hint: 'Every worker needs a port of its own; 0 takes a free one.',
    cause,
  });
}
