import { appendFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How long one try may take, and how long is waited before each of the others. */
const TRY_TIMEOUT_MS = 5000;
const PAUSES_MS = [500, 2000];

/** Where events go: a URL (`http:` or `https:`) takes each by POST, a file gets a line of JSON for each. */
export interface EventTarget {
  /** For messages, without what may be a secret. */
  readonly name: string;
  /** Throws when it could not be handed over in any of the tries, or the signal ended. */
  send(event: object, signal: AbortSignal): Promise<void>;
}

export function isEventUrl(target: string): boolean {
  return /^https?:\/\//i.test(target);
}

export function openEventTarget(target: string): EventTarget {
  if (!isEventUrl(target)) {
    // One write of a whole line at the end of the file: lines of several processes do not mix.
    return { name: target, send: (event) => appendFile(target, `${JSON.stringify(event)}\n`) };
  }
  const url = new URL(target);
  const credentials =
    url.username === '' ? null : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  const headers = {
    'content-type': 'application/json',
    ...(credentials === null
      ? {}
      : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  };
  return { name: url.origin, send: (event, signal) => post(url, headers, JSON.stringify(event), signal) };
}

async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  for (let index = 0; ; index += 1) {
    const pauseMs = PAUSES_MS[index];
    try {
      await postOnce(url, headers, body, signal);
      return;
    } catch (error) {
      if (signal.aborted || pauseMs === undefined || isRefusal(error)) throw error;
      await delay(pauseMs, undefined, { signal });
    }
  }
}

class RefusedError extends Error {}

/** What a receiver has understood and does not want is not sent again. */
function isRefusal(error: unknown): boolean {
  return error instanceof RefusedError;
}

async function postOnce(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  // Not `AbortSignal.any` with `AbortSignal.timeout`: nothing holds on to those two, and once they were collected as
  // garbage a receiver that never answers was waited for without end.
  const given = new AbortController();
  const stop = () => given.abort(signal.reason);
  const timer = setTimeout(
    () => given.abort(new Error(`no answer within ${TRY_TIMEOUT_MS} ms`)),
    TRY_TIMEOUT_MS,
  );
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      // To be led elsewhere would take data, and perhaps a password, to where nobody sent it.
      redirect: 'error',
      signal: given.signal,
    });
    await response.body?.cancel();
    requireAccepted(response);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function requireAccepted({ ok, status }: Response): void {
  if (ok) return;
  const message = `HTTP status ${status}`;
  throw status >= 400 && status < 500 && status !== 408 && status !== 429
    ? new RefusedError(message)
    : new Error(message);
}
