import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

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

/** Listens on loopback unless configured otherwise. Port 0 takes a free one. */
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
    server.once('error', reject);
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
