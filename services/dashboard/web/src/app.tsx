import { useEffect, useRef, useState } from 'preact/hooks';

import type { Session } from '../../src/api/session.ts';
import { ApiFailure, readSession } from './api/client.ts';
import { SessionContext } from './api/session.ts';
import { Empty, Failure, Page } from './components/page.tsx';
import { Sidebar } from './components/sidebar.tsx';
import { Toasts } from './components/toasts.tsx';
import { HealthPage } from './pages/health.tsx';
import { PipelinePage } from './pages/pipeline.tsx';
import { PipelinesPage } from './pages/pipelines.tsx';
import { RunPage } from './pages/run/run.tsx';
import { RunsPage } from './pages/runs.tsx';
import { TablePage } from './pages/table.tsx';
import { TablesPage } from './pages/tables.tsx';
import { WorkersPage } from './pages/workers.tsx';
import { usePlace, type Place } from './router.ts';

/** The frame and the page that the address names. */
export function App() {
  const place = usePlace();
  const [session, setSession] = useState<Session | null>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    readSession().then(setSession, (error: unknown) => {
      if (!(error instanceof ApiFailure)) throw error;
      setFailure(error);
    });
  }, []);
  // Who reads with ears hears of the new page; at the first one the browser has told already.
  const shown = useRef(place.path);
  useEffect(() => {
    if (shown.current === place.path) return;
    shown.current = place.path;
    main.current?.focus({ preventScroll: true });
  }, [place.path]);
  return (
    <SessionContext.Provider value={session}>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <div class="shell">
        <Sidebar section={place.segments[0] ?? 'runs'} session={session} />
        <main id="main" ref={main} class="main" tabIndex={-1}>
          {failure !== null ? (
            <Page title="millrace">
              <Failure failure={failure} />
            </Page>
          ) : (
            session !== null && pageAt(place)
          )}
        </main>
      </div>
      <Toasts />
    </SessionContext.Provider>
  );
}

function pageAt({ segments, query }: Place) {
  const [section = 'runs', first, second] = segments;
  const tab = query.get('tab');
  switch (section) {
    case 'runs':
      return first === undefined ? (
        <RunsPage query={query} />
      ) : (
        <RunPage key={first} run={first} query={query} />
      );
    case 'pipelines':
      return first === undefined ? <PipelinesPage /> : <PipelinePage key={first} name={first} tab={tab} />;
    case 'tables':
      return first === undefined || second === undefined ? (
        <TablesPage />
      ) : (
        <TablePage key={`${first}/${second}`} pipeline={first} table={second} />
      );
    case 'workers':
      return <WorkersPage />;
    case 'doctor':
      return <HealthPage />;
    default:
      return (
        <Page title="Not found">
          <Empty icon="warn" title="There is no such page">
            The address is not one of this dashboard. <a href="/runs">Go to the runs</a>.
          </Empty>
        </Page>
      );
  }
}
