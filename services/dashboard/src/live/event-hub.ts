import type { ServerResponse } from 'node:http';

import type { DashboardEvents } from '../api/event.ts';
import { restMs } from './pace.ts';

/** One kind of event and where it comes from. `since` tells what a client lacks that has seen up to a version. */
export interface Topic {
  /** Of the event, for the browser. */
  readonly event: keyof DashboardEvents;
  /** Looks again. */
  look(): Promise<void>;
  /** Of the last look: 0 before the first, and more with each change. */
  version(): number;
  /** As of the last look; null when nothing came after this version. */
  since(version: number): object | null;
}

export interface EventHub {
  hasRoom(): boolean;
  /**
   * Sends events of these topics until the client leaves, or is too slow.
   * @param isWelcome asked now and then: the session may have ended
   */
  join(response: ServerResponse, topics: ReadonlyMap<string, () => Topic>, isWelcome: () => boolean): void;
  close(): void;
}

export interface EventHubOptions {
  readonly maxClients?: number;
  /** How long a client may leave unread what was sent. */
  readonly slowMs?: number;
  readonly pingMs?: number;
}

interface Client {
  readonly response: ServerResponse;
  readonly isWelcome: () => boolean;
  /** What it has been sent, by topic. */
  readonly seen: Map<string, number>;
  /** Since when it does not read. */
  blockedAt: number | null;
  sentAt: number;
}

interface Channel {
  readonly topic: Topic;
  readonly clients: Set<Client>;
  timer: NodeJS.Timeout | null;
}

const MAX_CLIENTS = 100;
const SLOW_MS = 10_000;
const PING_MS = 15_000;
const SWEEP_EVERY_MS = 1000;

/**
 * Looks at what clients watch, and at nothing else, and sends them what changed. To a client that does not read nothing is
 * written: its buffer holds one event of each topic at most, and when it reads again it gets the newest state. After a while it
 * is disconnected. Nothing waits for a client.
 */
export function createEventHub(options: EventHubOptions = {}): EventHub {
  const { maxClients = MAX_CLIENTS, slowMs = SLOW_MS, pingMs = PING_MS } = options;
  const channels = new Map<string, Channel>();
  const clients = new Set<Client>();

  function watch(name: string, channel: Channel, delayMs: number): void {
    channel.timer = setTimeout(() => {
      const startedAt = performance.now();
      void channel.topic
        .look()
        // What cannot be looked at now is tried again; the page itself asks for it too, and shows the error.
        .then(() => [...channel.clients].forEach((client) => tell(client, name, channel.topic)))
        .catch(() => undefined)
        .finally(() => {
          if (channels.get(name) === channel) watch(name, channel, restMs(performance.now() - startedAt));
        });
    }, delayMs);
  }

  function tell(client: Client, name: string, topic: Topic): void {
    if (client.blockedAt !== null) return;
    const seen = client.seen.get(name) ?? 0;
    const data = topic.since(seen);
    if (data === null) return;
    client.seen.set(name, topic.version());
    send(client, topic.event, data);
  }

  function leave(client: Client): void {
    if (!clients.delete(client)) return;
    for (const [name, channel] of channels) {
      channel.clients.delete(client);
      if (channel.clients.size > 0) continue;
      if (channel.timer !== null) clearTimeout(channel.timer);
      channels.delete(name);
    }
    client.response.destroy();
  }

  const sweeping = setInterval(() => {
    const now = performance.now();
    for (const client of [...clients]) {
      if (!client.isWelcome() || (client.blockedAt !== null && now - client.blockedAt > slowMs))
        leave(client);
      else if (client.blockedAt === null && now - client.sentAt > pingMs)
        send(client, 'ping', { at: new Date().toISOString() });
    }
  }, SWEEP_EVERY_MS).unref();

  return {
    hasRoom: () => clients.size < maxClients,
    join(response, topics, isWelcome) {
      // It has left while it was found out what it may watch, and will not tell so again.
      if (response.destroyed) return;
      const client: Client = {
        response,
        isWelcome,
        seen: new Map(),
        blockedAt: null,
        sentAt: performance.now(),
      };
      clients.add(client);
      for (const end of ['close', 'error']) response.on(end, () => leave(client));
      response.on('drain', () => {
        client.blockedAt = null;
        for (const name of topics.keys()) {
          const channel = channels.get(name);
          if (channel !== undefined) tell(client, name, channel.topic);
        }
      });
      for (const [name, createTopic] of topics) {
        const known = channels.get(name);
        const channel = known ?? { topic: createTopic(), clients: new Set(), timer: null };
        channel.clients.add(client);
        if (known !== undefined) tell(client, name, channel.topic);
        else {
          channels.set(name, channel);
          watch(name, channel, 0);
        }
      }
    },
    close() {
      clearInterval(sweeping);
      for (const client of [...clients]) leave(client);
    },
  };
}

function send(client: Client, event: keyof DashboardEvents, data: object): void {
  client.sentAt = performance.now();
  // JSON has no line breaks of its own, and so cannot end an event early.
  const isTaken = client.response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  if (!isTaken) client.blockedAt = performance.now();
}
