import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { openEventOutbox } from './event-outbox.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

interface Received {
  readonly body: unknown;
  readonly authorization: string | undefined;
  readonly url: string | undefined;
}

/** A receiver on a free port that answers as it is told, and what it has got. */
async function receive(answer: (response: ServerResponse, count: number) => void) {
  const received: Received[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(parts).toString());
      received.push({ body, authorization: request.headers.authorization, url: request.url });
      answer(response, received.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { received, port: (server.address() as AddressInfo).port };
}

function collectWarnings() {
  const warnings: string[] = [];
  const warn = (detail: object, text?: string) =>
    void warnings.push(`${JSON.stringify(detail)} ${text ?? ''}`);
  return { warnings, logger: { warn: warn as never } };
}

const event = (number: number) => () => Promise.resolve({ number });

test('events are sent in order, with the credentials of the URL in a header', async () => {
  const { received, port } = await receive((response) => response.writeHead(201).end('made'));
  const { warnings, logger } = collectWarnings();
  const outbox = openEventOutbox(`http://user:s%3Acret@127.0.0.1:${port}/api?key=1`, logger);
  for (const number of [1, 2, 3]) outbox.add(event(number));
  outbox.add(() => Promise.resolve(null));
  await outbox.close();
  expect(received.map(({ body }) => body)).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
  expect(received[0]).toMatchObject({
    url: '/api?key=1',
    authorization: `Basic ${Buffer.from('user:s:cret').toString('base64')}`,
  });
  expect(warnings).toEqual([]);
});

test('what fails is tried again, and what is refused is not', async () => {
  const { received, port } = await receive((response, count) =>
    response.writeHead(count === 1 ? 503 : count === 2 ? 200 : 400).end(),
  );
  const { warnings, logger } = collectWarnings();
  const outbox = openEventOutbox(`http://127.0.0.1:${port}/?token=hidden`, logger);
  outbox.add(event(1));
  outbox.add(event(2));
  await outbox.close();
  expect(received.map(({ body }) => body)).toEqual([{ number: 1 }, { number: 1 }, { number: 2 }]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('HTTP status 400');
  expect(warnings.join()).not.toContain('hidden');
});

test('a receiver that never answers, or leads elsewhere, holds nobody up for long', async () => {
  const silent = await receive(() => undefined);
  const other = await receive((response) => response.writeHead(200).end());
  const leading = await receive((response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end(),
  );
  for (const { port } of [silent, leading]) {
    const { warnings, logger } = collectWarnings();
    const outbox = openEventOutbox(`http://127.0.0.1:${port}/`, logger);
    for (const number of [1, 2, 3]) outbox.add(event(number));
    await outbox.close();
    expect(warnings).toHaveLength(3);
  }
  expect(other.received).toEqual([]);
});

test('an event that cannot be made is said to be missing, and the next is sent', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-events-'));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'events.ndjson');
  const { warnings, logger } = collectWarnings();
  const outbox = openEventOutbox(file, logger);
  outbox.add(() => Promise.reject(new Error('the bucket is away')));
  outbox.add(event(2));
  await outbox.close();
  expect((await readFile(file, 'utf8')).trim().split('\n')).toEqual(['{"number":2}']);
  expect(warnings.join()).toContain('the bucket is away');
});

test('more than a thousand do not wait: the rest is dropped with a word', async () => {
  const { warnings, logger } = collectWarnings();
  let sent = 0;
  const target = { name: 'slow', send: () => Promise.resolve(void (sent += 1)) };
  const outbox = openEventOutbox('slow', logger, target);
  for (let number = 0; number < 1003; number += 1) outbox.add(event(number));
  await outbox.close();
  expect(sent).toBe(1000);
  expect(warnings.filter((line) => line.includes('dropped'))).toHaveLength(3);
});
