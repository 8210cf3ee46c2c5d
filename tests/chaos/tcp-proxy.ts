import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * - `pass`: nothing is wrong.
 * - `blackhole`: nothing gets through in either direction, connections stay open, new ones open and stay silent.
 * - `latency`: everything arrives late, one chunk after another.
 */
export type ProxyMode = 'pass' | 'blackhole' | 'latency';

/** A network between processes and a server, which can be made bad. */
export interface TcpProxy {
  readonly port: number;
  set(mode: ProxyMode): void;
  /** Resets all connections. */
  reset(): void;
  /** The server forgets its connections, and the clients are never told. */
  forget(): void;
  stop(): Promise<void>;
}

const LATENCY_MS = 300;
const POLL_MS = 20;

/** @param target path of the server's socket */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  let mode: ProxyMode = 'pass';
  const pairs = new Map<Socket, Socket>();

  const passage = async () => {
    if (mode === 'latency') await delay(LATENCY_MS);
    while (mode === 'blackhole') await delay(POLL_MS);
  };
  const forward = (from: Socket, to: Socket) => {
    // One after another: bytes may come late, but never in another order.
    let last = Promise.resolve();
    from.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => {
      last = last.then(passage).then(() => void to.write(chunk));
    });
  };
  const server = createServer((client) => {
    const upstream = connect(target);
    pairs.set(client, upstream);
    forward(client, upstream);
    forward(upstream, client);
    client.on('close', () => {
      pairs.delete(client);
      upstream.destroy();
    });
    upstream.on('close', () => {
      if (pairs.get(client) === upstream) client.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reset = () => {
    for (const client of [...pairs.keys()]) client.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    reset,
    set(next) {
      mode = next;
    },
    forget() {
      for (const [client, upstream] of pairs) {
        pairs.delete(client);
        upstream.destroy();
      }
    },
    async stop() {
      reset();
      server.close();
      await once(server, 'close');
    },
  };
}
