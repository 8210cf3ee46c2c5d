import { expect, it } from 'vitest';

import { readTraceTarget } from './trace-target.ts';

const ENDPOINT = 'http://collector:4318';

it('without an endpoint nothing is traced, whatever else is set', () => {
  expect(readTraceTarget({})).toBeNull();
  expect(readTraceTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: ' ', OTEL_TRACES_EXPORTER: 'otlp' })).toBeNull();
});

it.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }, `${ENDPOINT}/v1/traces`],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: `${ENDPOINT}/` }, `${ENDPOINT}/v1/traces`],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: `${ENDPOINT}/otlp` }, `${ENDPOINT}/otlp/v1/traces`],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${ENDPOINT}/own` }, `${ENDPOINT}/own`],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${ENDPOINT}/own` },
    `${ENDPOINT}/own`,
  ],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_TRACES_EXPORTER: 'console, otlp' }, `${ENDPOINT}/v1/traces`],
])('%o sends to %s', (variables, url) => {
  expect(readTraceTarget(variables)).toEqual({ url });
});

it.each([
  { OTEL_SDK_DISABLED: 'true' },
  { OTEL_TRACES_EXPORTER: 'none' },
  { OTEL_TRACES_EXPORTER: 'zipkin' },
])('%o turns it off', (variables) => {
  expect(readTraceTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, ...variables })).toBeNull();
});

it('what cannot be used is told without the address, which may hold a password', () => {
  for (const endpoint of ['collector:4317', 'grpc://user:s3cret@collector', 'no url s3cret'])
    expect(readTraceTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toEqual({
      problem: 'OTEL_EXPORTER_OTLP_ENDPOINT is no http:// or https:// URL',
    });
  expect(
    readTraceTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }),
  ).toEqual({ problem: 'OTEL_EXPORTER_OTLP_PROTOCOL is grpc, and millrace sends OTLP over HTTP' });
});
