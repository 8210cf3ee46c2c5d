import { useEffect, useState } from 'preact/hooks';

import type { DashboardEvents } from '../../../src/api/event.ts';
import { useLatest } from './resource.ts';

type Handlers = {
  readonly [Name in Exclude<keyof DashboardEvents, 'ping'>]?: (event: DashboardEvents[Name]) => void;
};

const NAMES = ['runs', 'run', 'workers', 'queues'] as const;
const CONNECTION = 'millrace:connection';
/** Null while no page listens. */
let isConnected: boolean | null = null;

/**
 * Hears the events of the server while the page is looked at. The server sends the current state at each beginning, so
 * nothing has to be caught up after a pause.
 *
 * @param query of /api/events; null hears nothing
 */
export function useEvents(query: string | null, handlers: Handlers): void {
  const handle = useLatest((name: (typeof NAMES)[number], data: string) => {
    const handler = handlers[name] as ((event: unknown) => void) | undefined;
    handler?.(JSON.parse(data));
  });
  useEffect(() => {
    if (query === null) return;
    let source: EventSource | null = null;
    const open = () => {
      source = new EventSource(`/api/events?${query}`);
      source.onopen = () => setConnected(true);
      source.onerror = () => setConnected(false);
      for (const name of NAMES) {
        source.addEventListener(name, (event: MessageEvent<string>) => handle(name, event.data));
      }
    };
    const follow = () => {
      if (document.visibilityState === 'hidden') {
        source?.close();
        source = null;
      } else if (source === null || source.readyState === EventSource.CLOSED) open();
    };
    follow();
    // A browser gives up on an answer that is no stream; a server that is started anew gives such answers for a moment.
    const retry = setInterval(follow, 5000);
    document.addEventListener('visibilitychange', follow);
    return () => {
      clearInterval(retry);
      document.removeEventListener('visibilitychange', follow);
      source?.close();
      setConnected(null);
    };
  }, [query, handle]);
}

/** Whether events come; null on a page that does not listen. */
export function useConnected(): boolean | null {
  const [connected, setState] = useState(isConnected);
  useEffect(() => {
    const read = () => setState(isConnected);
    addEventListener(CONNECTION, read);
    return () => removeEventListener(CONNECTION, read);
  }, []);
  return connected;
}

function setConnected(connected: boolean | null): void {
  isConnected = connected;
  dispatchEvent(new Event(CONNECTION));
}
