import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { ApiFailure, get } from './client.ts';

export interface Resource<T> {
  /** The newest answer; stays while a newer one is asked for. */
  readonly data: T | null;
  readonly failure: ApiFailure | null;
  readonly refresh: () => void;
  /** Replaces what is shown by what an event told. */
  readonly update: (change: (data: T) => T) => void;
}

/**
 * What a path of the API answers; asks anew when the path changes. Null asks nothing.
 *
 * @param version asks anew when it changes, and shows the former answer meanwhile
 */
export function useResource<T>(path: string | null, version = 0): Resource<T> {
  const [state, setState] = useState<{ path: string | null; data: T | null; failure: ApiFailure | null }>({
    path: null,
    data: null,
    failure: null,
  });
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    get<T>(path, abort.signal).then(
      (data) => setState({ path, data, failure: null }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        if (!(error instanceof ApiFailure)) throw error;
        setState((before) => ({ path, data: before.path === path ? before.data : null, failure: error }));
      },
    );
    return () => abort.abort();
  }, [path, asked, version]);
  const refresh = useCallback(() => setAsked((count) => count + 1), []);
  const update = useCallback(
    (change: (data: T) => T) =>
      setState((before) => (before.data === null ? before : { ...before, data: change(before.data) })),
    [],
  );
  const isCurrent = state.path === path;
  return {
    data: isCurrent ? state.data : null,
    failure: isCurrent ? state.failure : null,
    refresh,
    update,
  };
}

/** The same function over renders, which does what the newest render says. */
export function useLatest<A extends unknown[]>(action: (...args: A) => void): (...args: A) => void {
  const latest = useRef(action);
  latest.current = action;
  return useCallback((...args: A) => latest.current(...args), []);
}
