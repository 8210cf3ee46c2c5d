import { RUN_STATUSES } from '@millrace/shared/core/status';
import { useEffect, useState } from 'preact/hooks';

import type { RunsPage as Runs, RunSummary } from '../../../src/api/run.ts';
import { ApiFailure, get } from '../api/client.ts';
import { useEvents } from '../api/events.ts';
import { useResource } from '../api/resource.ts';
import { Empty, Loaded, Page } from '../components/page.tsx';
import { RunsTable } from '../components/runs-table.tsx';
import { Select } from '../components/select.tsx';
import { tellFailure } from '../components/toasts.tsx';
import { go } from '../router.ts';

const FILTERS = ['pipeline', 'status', 'since'] as const;
const PERIODS: Readonly<Record<string, number>> = {
  'last hour': 3_600_000,
  'last 24 hours': 86_400_000,
  'last 7 days': 604_800_000,
  'last 30 days': 2_592_000_000,
};

/** Newest first, live; filters stand in the address. */
export function RunsPage({ query }: { readonly query: URLSearchParams }) {
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? '']));
  const path = useFilteredPath(filter);
  const runs = useResource<Runs>(path);
  const isFiltered = FILTERS.some((name) => filter[name] !== '');
  useEvents('topics=runs', {
    runs: (event) => runs.update((page) => merge(page, event.runs, filter)),
  });
  const change = (name: string, value: string) => {
    const next = new URLSearchParams(query);
    if (value === '') next.delete(name);
    else next.set(name, value);
    go(next.size === 0 ? '/runs' : `/runs?${next}`, 'replace');
  };
  return (
    <Page title="Runs">
      <Loaded of={runs}>
        {(page) => (
          <>
            {(isFiltered || page.runs.length > 0) && (
              <div class="filters">
                <Select
                  label="Pipeline"
                  value={filter['pipeline'] ?? ''}
                  options={page.pipelines}
                  onChange={(value) => change('pipeline', value)}
                />
                <Select
                  label="Status"
                  value={filter['status'] ?? ''}
                  options={RUN_STATUSES}
                  onChange={(value) => change('status', value)}
                />
                <Select
                  label="Time"
                  value={filter['since'] ?? ''}
                  options={Object.keys(PERIODS)}
                  onChange={(value) => change('since', value)}
                />
              </div>
            )}
            <div class="card">
              {page.runs.length > 0 ? (
                <RunsTable runs={page.runs} />
              ) : isFiltered ? (
                <Empty icon="runs" title="No run is like this">
                  <a href="/runs">Show all runs</a>
                </Empty>
              ) : (
                <Empty icon="runs" title="Nothing has run yet" command="millrace run pipelines/storefront">
                  A run reads the sources of a pipeline, computes its models and publishes their tables. Start
                  one in a terminal, and watch it here.
                </Empty>
              )}
            </div>
            {page.next_before !== null && <More path={path} page={page} onMore={runs.update} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** The period is turned into a time once for each choice: a path that changes with the clock would be asked for ever anew. */
function useFilteredPath(filter: Readonly<Record<string, string>>): string {
  const period = PERIODS[filter['since'] ?? ''];
  const [since, setSince] = useState(() => sinceOf(period));
  useEffect(() => setSince(sinceOf(period)), [period]);
  const asked = new URLSearchParams({ limit: '50' });
  if (filter['pipeline'] !== '') asked.set('pipeline', filter['pipeline'] ?? '');
  if (filter['status'] !== '') asked.set('status', filter['status'] ?? '');
  if (since !== null) asked.set('since', since);
  return `/api/runs?${asked}`;
}

function sinceOf(period: number | undefined): string | null {
  return period === undefined ? null : new Date(Date.now() - period).toISOString();
}

/** Changed runs in their places, new ones above, as far as they are asked for. */
function merge(page: Runs, changed: readonly RunSummary[], filter: Readonly<Record<string, string>>): Runs {
  const fits = (run: RunSummary) =>
    (filter['pipeline'] === '' || run.pipeline === filter['pipeline']) &&
    (filter['status'] === '' || run.status === filter['status']);
  const oldest = page.next_before === null ? '' : (page.runs.at(-1)?.run ?? '');
  const known = new Map(page.runs.map((run) => [run.run, run]));
  for (const run of changed) {
    if (known.has(run.run) || run.run > oldest) known.set(run.run, run);
  }
  const runs = [...known.values()].filter(fits).sort((a, b) => b.run.localeCompare(a.run));
  const pipelines = [...new Set([...page.pipelines, ...changed.map(({ pipeline }) => pipeline)])].sort();
  return { ...page, runs, pipelines };
}

function More({
  path,
  page,
  onMore,
}: {
  readonly path: string;
  readonly page: Runs;
  readonly onMore: (change: (page: Runs) => Runs) => void;
}) {
  const [busy, setBusy] = useState(false);
  const load = async () => {
    const older = await get<Runs>(`${path}&before=${encodeURIComponent(page.next_before ?? '')}`);
    onMore((now) => ({ ...older, runs: [...now.runs, ...older.runs] }));
  };
  return (
    <div class="more">
      <button
        type="button"
        class="button"
        disabled={busy}
        onClick={() => {
          setBusy(true);
          load()
            .catch((error: unknown) => {
              if (!(error instanceof ApiFailure)) throw error;
              tellFailure(error);
            })
            .finally(() => setBusy(false));
        }}
      >
        Older runs
      </button>
    </div>
  );
}
