import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly durationMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** OTLP's: 0 is not set, 2 is an error. */
  readonly status: number;
}

export interface TraceReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Whole requests, as they came. */
  readonly requests: readonly { readonly headers: unknown; readonly path: string; readonly body: string }[];
  stop(): Promise<void>;
}

type Value = { stringValue?: string; intValue?: number; doubleValue?: number };
interface Exported {
  resourceSpans: {
    resource: { attributes: { key: string; value: Value }[] };
    scopeSpans: {
      spans: {
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        name: string;
        startTimeUnixNano: string;
        endTimeUnixNano: string;
        attributes: { key: string; value: Value }[];
        status: { code: number };
      }[];
    }[];
  }[];
}

/** A receiver of OTLP over HTTP with JSON. One that is silent takes connections and requests, and never answers. */
export async function startTraceReceiver({ silent = false } = {}): Promise<TraceReceiver> {
  const spans: ReceivedSpan[] = [];
  const requests: { headers: unknown; path: string; body: string }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      requests.push({ headers: request.headers, path: request.url ?? '', body });
      if (silent) return;
      spans.push(...readSpans(JSON.parse(body) as Exported));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function readSpans({ resourceSpans }: Exported): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(readAttributes(resource.attributes)['service.name']);
    return scopeSpans.flatMap((scope) =>
      scope.spans.map(({ traceId, spanId, parentSpanId, name, attributes, status, ...times }) => {
        const nanoseconds = BigInt(times.endTimeUnixNano) - BigInt(times.startTimeUnixNano);
        return {
          service,
          traceId,
          spanId,
          parentSpanId: parentSpanId === '' ? undefined : parentSpanId,
          name,
          durationMs: Number(nanoseconds / 1_000_000n),
          attributes: readAttributes(attributes),
          status: status.code,
        };
      }),
    );
  });
}

function readAttributes(attributes: readonly { key: string; value: Value }[]) {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const { stringValue, intValue, doubleValue } = value;
      return [key, stringValue ?? Number(intValue ?? doubleValue)];
    }),
  );
}
