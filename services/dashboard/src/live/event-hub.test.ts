import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { afterEach, expect, test } from 'vitest';

import { createEventHub, type EventHub, type Topic } from './event-hub.ts';

/** More than the buffers of a connection between two processes of one machine take. */
const LARGE = 'x'.repeat(8_000_000);

let server: Server | null = null;
let hub: EventHub | null = null;

afterEach(() => {
  hub?.close();
  server?.closeAllConnections();
  server?.close();
});

/** Changes at each look. */
function counter(ballast = ''): Topic & { looks: number } {
  const topic = {
    event: 'workers' as const,
    looks: 0,
    look: async () => void (topic.looks += 1),
    version: () => topic.looks,
    since: (seen: number) => (topic.looks > seen ? { count: topic.looks, ballast } : null),
  };
  return topic;
}

async function serve(
  topic: Topic,
  options: Parameters<typeof createEventHub>[0] = {},
  isWelcome = () => true,
) {
  const created = createEventHub(options);
  hub = created;
  const buffered: (() => number)[] = [];
  server = createServer((_request, response) => {
    buffered.push(() => response.writableLength);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    created.join(response, new Map([['counter', () => topic]]), isWelcome);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, buffered };
}

async function connect(port: number, path = '/'): Promise<IncomingMessage> {
  const asked = request({ port, host: '127.0.0.1', path, agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return response;
}

/** @returns what came last */
async function readUntil(response: IncomingMessage, isEnough: (text: string) => boolean): Promise<string> {
  let text = '';
  for await (const chunk of response) {
    // Searching all of it again and again would make a slow client of this one.
    text = text.slice(-100) + String(chunk);
    if (isEnough(text)) break;
  }
  return text;
}

test('a client is told at once, and then of what changed', async () => {
  const { port } = await serve(counter());
  const response = await connect(port);
  const first = await new Promise((resolve) => response.once('data', (chunk) => resolve(String(chunk))));
  expect(first).toMatch(/^event: workers\ndata: {"count":1,/);
  expect(await readUntil(response, (seen) => seen.includes('"count":2'))).toContain('"count":2');
});

test('nothing is looked at while nobody watches', async () => {
  const [left, watched] = [counter(), counter()];
  const created = createEventHub({ maxClients: 2 });
  hub = created;
  server = createServer((asked, response) => {
    const topic = asked.url === '/left' ? left : watched;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    created.join(response, new Map([[asked.url ?? '', () => topic]]), () => true);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [leaving, staying] = [await connect(port, '/left'), await connect(port, '/watched')];
  await readUntil(leaving, (seen) => seen.includes('"count":1'));
  leaving.destroy();
  // Until its end is noticed.
  while (!created.hasRoom()) await nextTurn();
  const [before, others] = [left.looks, watched.looks];
  // Both are looked at as often, as long as somebody watches.
  await readUntil(staying, () => watched.looks >= others + 3);
  expect(left.looks).toBe(before);
});

test('a client that has left before it joined keeps no place', async () => {
  const created = createEventHub({ maxClients: 1 });
  hub = created;
  const topic = counter();
  const joined = new Promise<void>((resolve) => {
    server = createServer((_request, response) => {
      response.on('close', () => {
        created.join(response, new Map([['counter', () => topic]]), () => true);
        resolve();
      });
    });
  });
  server?.listen(0, '127.0.0.1');
  if (server !== null) await once(server, 'listening');
  const { port } = server?.address() as AddressInfo;
  const asked = request({ port, host: '127.0.0.1', agent: false });
  asked.on('error', () => undefined);
  asked.on('socket', (socket) =>
    socket.on('connect', () => setImmediate(() => asked.end(() => asked.destroy()))),
  );
  await joined;
  expect([created.hasRoom(), topic.looks]).toEqual([true, 0]);
});

test('to a client that does not read nothing is written, others go on, and in the end it is disconnected', async () => {
  const { port, buffered } = await serve(counter(LARGE), { slowMs: 1500 });
  const slow = await connect(port);
  slow.pause();
  const closed = new Promise((resolve) => slow.once('close', resolve));
  const text = await readUntil(await connect(port), (seen) => seen.includes('"count":3'));
  expect(text).toContain('"count":3');
  expect(buffered[0]?.()).toBeLessThan(2 * LARGE.length);
  slow.resume();
  await closed;
  expect(slow.complete).toBe(false);
}, 30_000);

test('a client whose session has ended is disconnected', async () => {
  let welcome = true;
  const { port } = await serve(counter(), {}, () => welcome);
  const response = await connect(port);
  const ended = new Promise((resolve) => response.once('close', resolve));
  response.resume();
  welcome = false;
  await ended;
});

test('there is room for so many clients', async () => {
  const { port } = await serve(counter(), { maxClients: 1 });
  expect(hub?.hasRoom()).toBe(true);
  const response = await connect(port);
  expect(hub?.hasRoom()).toBe(false);
  response.destroy();
});
