/** Outlines on a grid of 16, drawn with the colour of the text. */
const PATHS = {
  check: 'M3.5 8.5l3 3 6-7',
  cross: 'M4.5 4.5l7 7m0-7l-7 7',
  done: 'M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM5.2 8.2l2 2 3.6-4.1',
  failed: 'M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM6 6l4 4m0-4l-4 4',
  warn: 'M8 2.2l6.2 11H1.8L8 2.2zM8 6.6v3m0 1.7v.1',
  cancelled: 'M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM3.8 3.8l8.4 8.4',
  running: 'M8 1.8a6.2 6.2 0 016.2 6.2',
  waiting: 'M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM8 4.8V8l2.2 1.6',
  paused: 'M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM6.4 6v4m3.2-4v4',
  runs: 'M2.5 4h1m2.5 0h7.5M2.5 8h1M6 8h7.5m-11 4h1M6 12h7.5',
  pipelines: 'M2 3h4v3H2zm8 7h4v3h-4zM6 4.5h3.2a2 2 0 012 2V10M10 3h4v3h-4z',
  tables: 'M2 3h12v10H2zM2 6.3h12M6.5 6.3V13',
  workers: 'M4.5 4.5h7v7h-7zM6.5 2v2.5m3-2.5v2.5m-3 7V14m3-2.5V14M2 6.5h2.5m-2.5 3h2.5m7-3H14m-2.5 3H14',
  health: 'M1.8 8.2h2.8l1.7-4.6 3.1 9 1.8-4.4h3',
  source:
    'M2.8 4c0-1 2.3-1.8 5.2-1.8S13.2 3 13.2 4v8c0 1-2.3 1.8-5.2 1.8S2.8 13 2.8 12zm0 0c0 1 2.3 1.8 5.2 1.8S13.2 5 13.2 4m-10.4 4c0 1 2.3 1.8 5.2 1.8s5.2-.8 5.2-1.8',
  table: 'M2 3h12v10H2zM2 6.3h12M6.5 6.3V13',
  model: 'M8 1.8l5.6 3.1v6.2L8 14.2l-5.6-3.1V4.9zM2.6 5L8 8l5.4-3M8 8v6',
  destination: 'M2 10v3.5h12V10M8 2v8m-3-3l3 3 3-3',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  external: 'M6.5 3H3v10h10V9.5M9.5 2.5h4v4m0-4L7.5 8.5',
  play: 'M4.5 2.8v10.4L13 8z',
  retry: 'M13 8a5 5 0 11-1.6-3.7M13 2.5v3h-3',
  sun: 'M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6zM8 1.5v1.2m0 10.6v1.2M1.5 8h1.2m10.6 0h1.2M3.4 3.4l.8.8m7.6 7.6l.8.8m0-9.2l-.8.8m-7.6 7.6l-.8.8',
  moon: 'M13.3 9.8A5.8 5.8 0 016.2 2.7a5.8 5.8 0 107.1 7.1z',
  system: 'M2 3h12v8H2zm3.5 10.5h5M8 11v2.5',
  exit: 'M6 2.5H2.8v11H6M6 8h7.5m-3-3l3 3-3 3',
  file: 'M4 1.8h5l3.2 3.2v9.2H4zM9 1.8V5h3.2',
  clock: 'M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM8 4.8V8l2.2 1.6',
  down: 'M4 6l4 4 4-4',
} as const;
export type IconName = keyof typeof PATHS;

interface IconProps {
  readonly name: IconName;
  readonly size?: number;
  readonly class?: string;
}

/** Decoration: what it means stands beside it as text, seen or unseen. */
export function Icon({ name, size = 16, class: extra = '' }: IconProps) {
  return (
    <svg
      class={`icon ${extra}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {name === 'running' && <circle cx="8" cy="8" r="6.2" opacity="0.25" />}
      <path d={PATHS[name]} />
    </svg>
  );
}
