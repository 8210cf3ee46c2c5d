import { useState } from 'preact/hooks';

import type { Session } from '../../../src/api/session.ts';
import { post } from '../api/client.ts';
import { useConnected } from '../api/events.ts';
import { applyTheme, readTheme, THEMES, type Theme } from '../theme.ts';
import { Icon, type IconName } from './icon.tsx';
import { tellFailure } from './toasts.tsx';

const SECTIONS: readonly { readonly id: string; readonly icon: IconName; readonly label: string }[] = [
  { id: 'runs', icon: 'runs', label: 'Runs' },
  { id: 'pipelines', icon: 'pipelines', label: 'Pipelines' },
  { id: 'tables', icon: 'tables', label: 'Tables' },
  { id: 'workers', icon: 'workers', label: 'Workers' },
  // /health is what supervisors ask.
  { id: 'doctor', icon: 'health', label: 'Health' },
];

/** Where one can go, whether the page is live, and how it looks. */
export function Sidebar({
  section,
  session,
}: {
  readonly section: string;
  readonly session: Session | null;
}) {
  return (
    <div class="sidebar">
      <a class="brand" href="/runs">
        <Wordmark />
        millrace
      </a>
      <nav class="nav" aria-label="Main">
        <ul>
          {SECTIONS.map(({ id, icon, label }) => (
            <li key={id}>
              <a href={`/${id}`} {...(id === section ? { 'aria-current': 'page' as const } : {})}>
                <Icon name={icon} />
                {label}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="sidebar-foot">
        <div class="sidebar-tools">
          <Live />
          <span>
            <ThemeButton />
            {session?.login_required === true && <LogOut />}
          </span>
        </div>
        <span class="version" title="Version of millrace">
          {session === null ? '' : `${session.version} · ${session.role}`}
        </span>
      </div>
    </div>
  );
}

function Wordmark() {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2.4"
      stroke-linecap="round"
      aria-hidden="true"
    >
      <path d="M3 7.5c3-3.4 6-3.4 9 0s6 3.4 9 0" />
      <path d="M3 12.5c3-3.4 6-3.4 9 0s6 3.4 9 0" opacity=".7" />
      <path d="M3 17.5c3-3.4 6-3.4 9 0s6 3.4 9 0" opacity=".4" />
    </svg>
  );
}

function Live() {
  const connected = useConnected();
  if (connected === null) return <span />;
  return (
    <span
      class="button bare live"
      data-state={connected ? 'on' : 'off'}
      role="status"
      title={
        connected ? 'Changes appear by themselves.' : 'No events come from the server; the page tries again.'
      }
    >
      <span class="live-dot" />
      {connected ? 'Live' : 'Offline'}
    </span>
  );
}

const THEME_ICONS: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' };

function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  const label = `Colours: ${theme}. Change to ${next}.`;
  return (
    <button
      type="button"
      class="button bare"
      title={label}
      onClick={() => {
        applyTheme(next);
        setTheme(next);
      }}
    >
      <Icon name={THEME_ICONS[theme]} />
      <span class="unseen">{label}</span>
    </button>
  );
}

function LogOut() {
  return (
    <button
      type="button"
      class="button bare"
      title="Log out"
      onClick={() => void post('/api/logout').then(() => location.assign('/'), tellFailure)}
    >
      <Icon name="exit" />
      <span class="unseen">Log out</span>
    </button>
  );
}
