import type { PipelinesPage as Pipelines, PipelineSummary } from '../../../src/api/pipeline.ts';
import { useEvents } from '../api/events.ts';
import { useResource } from '../api/resource.ts';
import { Empty, Loaded, Page } from '../components/page.tsx';
import { NextTime } from '../components/schedule.tsx';
import { Status, toneOf } from '../components/status.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatDuration } from '../format/time.ts';
import { pathTo } from '../router.ts';

/** All pipelines with how their last runs went. */
export function PipelinesPage() {
  const pipelines = useResource<Pipelines>('/api/pipelines');
  useEvents('topics=runs', { runs: pipelines.refresh });
  return (
    <Page title="Pipelines">
      <Loaded of={pipelines}>
        {(page) => (
          <div class="card">
            {page.pipelines.length === 0 ? (
              <Empty
                icon="pipelines"
                title="No pipeline is known yet"
                command="millrace init mypipeline --data data/"
              >
                A pipeline is a folder with pipeline.yml and models. It appears here when it is deployed or
                run for the first time.
              </Empty>
            ) : (
              <PipelinesTable pipelines={page.pipelines} />
            )}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function PipelinesTable({ pipelines }: { readonly pipelines: readonly PipelineSummary[] }) {
  return (
    <div class="table-wrap page-wide">
      <table class="table folds">
        <thead>
          <tr>
            <th scope="col">Pipeline</th>
            <th scope="col">Last run</th>
            <th scope="col">When</th>
            <th scope="col">Recent runs, the newest at the right</th>
            <th scope="col">Schedule</th>
          </tr>
        </thead>
        <tbody>
          {pipelines.map((one) => (
            <tr key={one.pipeline} class="linked">
              <td class="whole">
                <a class="main-link" href={pathTo('pipelines', one.pipeline)}>
                  <bdi>{one.pipeline}</bdi>
                </a>
              </td>
              <td data-label="Last run">
                <span class="brief">
                  {one.last_run === null ? (
                    <span class="faint">never ran</span>
                  ) : (
                    <a href={pathTo('runs', one.last_run.run)}>
                      <Status status={one.last_run.status} />
                    </a>
                  )}
                  {one.paused !== null && <Status status="paused" />}
                </span>
              </td>
              <td data-label="When">
                <TimeAgo at={one.last_run?.requested_at ?? null} />
              </td>
              <td data-label="Recent runs" class="whole">
                <RecentRuns recent={one.recent} />
              </td>
              <td data-label="Schedule" class="whole">
                <NextTime schedule={one.schedule} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Bars as high as runs were long, coloured by how they ended. */
function RecentRuns({ recent }: { readonly recent: PipelineSummary['recent'] }) {
  const longest = Math.max(1, ...recent.map(({ duration_ms }) => duration_ms ?? 0));
  return (
    <span class="spark">
      {[...recent].reverse().map(({ run, status, duration_ms }) => {
        const text = `${run}: ${status}${duration_ms === null ? '' : `, ${formatDuration(duration_ms)}`}`;
        return (
          <a
            key={run}
            href={pathTo('runs', run)}
            data-tone={toneOf(status)}
            title={text}
            aria-label={text}
            style={{ height: `${Math.max(20, ((duration_ms ?? longest) / longest) * 100)}%` }}
          />
        );
      })}
    </span>
  );
}
