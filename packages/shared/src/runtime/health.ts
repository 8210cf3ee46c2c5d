import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { fail } from '../core/errors.ts';

/** What `GET /health` answers with: 200 when `healthy`, else 503. No secrets, no paths. */
export interface Health {
  readonly healthy: boolean;
  readonly stage: string;
  readonly worker: string;
  readonly version: string;
  readonly redis: string;
  readonly startedAt: string;
  readonly task: { readonly run: string; readonly task: string } | null;
}

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Port 0 takes a free one. Throws `config_invalid` when the address cannot be listened on. */
export async function startHealthServer(
  host: string,
  port: number,
  read: () => Health,
): Promise<HealthServer> {
  const server: Server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/health') {
      response.writeHead(404).end();
      return;
    }
    const health = read();
    response.writeHead(health.healthy ? 200 : 503, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(health)}\n`);
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

function cannotListen(host: string, port: number, cause: Error): Error {
  return fail('config_invalid', {
    message: `Cannot listen for health requests: ${cause.message}.`,
    where: `MILLRACE_HEALTH_HOST=${host}, MILLRACE_HEALTH_PORT=${port}`,
    hint: 'Every worker needs a port of its own; 0 takes a free one.',
    cause,
  });
}
