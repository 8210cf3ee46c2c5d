import { URL } from 'node:url';

/** Where traces go; a `problem` says why they cannot, in words for people. */
export type TraceTarget = { readonly url: string } | { readonly problem: string };

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads OpenTelemetry's standard variables. They may be set for other programs, and to what millrace cannot use: that is
 * told, and ends nothing.
 * @returns null when nobody has asked for traces
 */
export function readTraceTarget(variables: Variables): TraceTarget | null {
  const given = (name: string) => variables[name]?.trim() || undefined;
  const whole = given('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const base = given('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (whole === undefined && base === undefined) return null;
  if (given('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return null;
  const exporters = (given('OTEL_TRACES_EXPORTER') ?? 'otlp').split(',').map((name) => name.trim());
  if (!exporters.includes('otlp')) return null;
  const protocol = given('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? given('OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol === 'grpc')
    return { problem: 'OTEL_EXPORTER_OTLP_PROTOCOL is grpc, and millrace sends OTLP over HTTP' };
  const url = whole ?? `${base?.replace(/\/$/, '')}/v1/traces`;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return { url };
  const name = whole === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
  // Not repeated: it may hold a password.
  return { problem: `${name} is no http:// or https:// URL` };
}
