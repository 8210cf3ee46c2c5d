import { useEffect, useState } from 'preact/hooks';

const MOVED = 'millrace:moved';

/** Where the page is: the path in decoded segments, and what stands behind the question mark. */
export interface Place {
  readonly path: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

/** Goes to a page of this site without loading it anew. */
export function go(href: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  dispatchEvent(new Event(MOVED));
}

/** The current place; renders anew when it changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(readPlace);
  useEffect(() => {
    const read = () => setPlace(readPlace());
    addEventListener(MOVED, read);
    addEventListener('popstate', read);
    return () => {
      removeEventListener(MOVED, read);
      removeEventListener('popstate', read);
    };
  }, []);
  return place;
}

/** Lets plain clicks on links to this page's own places stay in it; other clicks keep the browser's meaning. */
export function followLinks(root: HTMLElement): void {
  root.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.origin !== location.origin) return;
    if (link.pathname.startsWith('/queues') || link.pathname.startsWith('/api/')) return;
    if (link.hash !== '' && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search);
    scrollTo(0, 0);
  });
}

/** A path of these segments, which may hold anything. */
export function pathTo(...segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`;
}

function readPlace(): Place {
  const { pathname, search } = location;
  return {
    path: pathname,
    segments: pathname.split('/').filter(Boolean).map(decode),
    query: new URLSearchParams(search),
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
