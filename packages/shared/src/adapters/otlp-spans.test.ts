import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, expect, it } from 'vitest';

import type { RunSpan } from '../core/run-span.ts';
import { openSpanSink } from './otlp-spans.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A receiver that answers with a status, and the number of spans that it was sent. */
async function receive(status: number) {
  const received = { spans: 0, port: 0 };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.spans += Buffer.concat(parts).toString().split('"traceId"').length - 1;
      response.writeHead(status).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  received.port = (server.address() as AddressInfo).port;
  return received;
}

function openSink(port: number) {
  const told: string[] = [];
  const sink = openSpanSink({
    url: `http://user:hidden@127.0.0.1:${port}/v1/traces`,
    resource: { 'service.name': 'test' },
    onTrouble: (why) => told.push(why),
    onRecovery: (dropped) => told.push(`${dropped} dropped`),
  });
  return { sink, told };
}

const span: RunSpan = {
  run: '20261122T060000-0a1b2c3d',
  round: 1,
  isRound: false,
  name: 'model daily',
  startedAt: '2026-11-22T06:00:00.000Z',
  endedAt: '2026-11-22T06:00:01.000Z',
  attributes: {},
  error: null,
};

it('no more than 2048 spans wait, and how many were dropped is told', async () => {
  const receiver = await receive(200);
  const { sink, told } = openSink(receiver.port);
  for (let count = 0; count < 2100; count += 1) sink.add(span);
  await sink.close();
  expect(receiver.spans).toBe(2048);
  expect(told).toEqual(['52 dropped']);
});

it('a receiver that refuses is told of once, and without its address', async () => {
  const receiver = await receive(401);
  const { sink, told } = openSink(receiver.port);
  for (let count = 0; count < 1500; count += 1) sink.add(span);
  await sink.close().catch(() => undefined);
  expect(told).toEqual(['Unauthorized']);
});
