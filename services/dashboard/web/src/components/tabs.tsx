import { useEffect, useRef } from 'preact/hooks';

import type { Tone } from './status.tsx';

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly count?: number | undefined;
  readonly tone?: Tone;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly current: string;
  /** Without a query: the first tab stands there, others are named behind a question mark. */
  readonly path: string;
}

/** Parts of a page, each with an address of its own. */
export function Tabs({ label, tabs, current, path }: TabsProps) {
  const nav = useRef<HTMLElement>(null);
  // On a narrow screen the row of tabs scrolls.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  return (
    <nav ref={nav} class="tabs" aria-label={label}>
      {tabs.map(({ id, label: text, count, tone }, index) => (
        <a
          key={id}
          href={index === 0 ? path : `${path}?tab=${id}`}
          {...(id === current ? { 'aria-current': 'page' as const } : {})}
        >
          {text}
          {count !== undefined && count > 0 && (
            <span class="count" data-tone={tone}>
              {count.toLocaleString('en')}
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}
