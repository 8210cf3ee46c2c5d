import type { QueueRow, QueuesPage, WorkerRow, WorkersPage as Workers } from '../../../src/api/worker.ts';
import { useEvents } from '../api/events.ts';
import { useResource } from '../api/resource.ts';
import { Chart } from '../components/chart.tsx';
import { Icon } from '../components/icon.tsx';
import { Card, Empty, Loaded, Notice, Page } from '../components/page.tsx';
import { Status } from '../components/status.tsx';
import { Elapsed, TimeAgo } from '../components/time-ago.tsx';
import { formatBytes, formatCount, formatShort, plural } from '../format/number.ts';
import { pathTo } from '../router.ts';

/** Who works, on what, and what waits. */
export function WorkersPage() {
  const workers = useResource<Workers>('/api/workers');
  const queues = useResource<QueuesPage>('/api/queues');
  useEvents('topics=workers,queues', {
    workers: (page) => workers.update(() => page),
    queues: (page) => queues.update(() => page),
  });
  return (
    <Page title="Workers">
      <div class="stack">
        <Loaded of={workers}>{(page) => <WorkersCard page={page} />}</Loaded>
        <Loaded of={queues}>
          {(page) =>
            page.problem !== null ? (
              <Notice tone="failed" icon="failed" title={page.problem} />
            ) : (
              <div class="columns narrow">
                {page.queues.map((queue) => (
                  <QueueCard key={queue.queue} queue={queue} />
                ))}
              </div>
            )
          }
        </Loaded>
      </div>
    </Page>
  );
}

function WorkersCard({ page: { problem, workers } }: { readonly page: Workers }) {
  if (problem !== null) return <Notice tone="failed" icon="failed" title={problem} />;
  return (
    <Card title="Workers" aside={plural(workers.length, 'process', 'processes')}>
      {workers.length === 0 ? (
        <Empty icon="workers" title="Nobody is at work" command="millrace up">
          Runs wait until there is a worker of each stage.
        </Empty>
      ) : (
        <div class="table-wrap page-wide">
          <table class="table folds">
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">Does</th>
                <th scope="col" class="num">
                  For
                </th>
                <th scope="col" class="num">
                  Memory
                </th>
                <th scope="col">Up since</th>
                <th scope="col">Seen</th>
                <th scope="col">Version</th>
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) => (
                <WorkerLine key={worker.id} worker={worker} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function WorkerLine({ worker }: { readonly worker: WorkerRow }) {
  const { task, held_up: heldUp } = worker;
  return (
    <tr>
      <td class="whole">
        <span>
          <strong class="stage-name">{worker.stage}</strong>
          <span class="sub mono">
            {worker.host} · pid {worker.pid}
          </span>
        </span>
      </td>
      <td class="whole">
        <span>
          {task === null ? (
            <Status status="waiting" label="idle" plain />
          ) : (
            <a href={pathTo('runs', task.run)}>
              <Status status="running" label={task.task} plain />
            </a>
          )}
          {task !== null && task.rows + task.rejected > 0 && (
            <span class="sub tabular">
              {formatCount(task.rows)} rows · {plural(task.batches, 'batch', 'batches')}
              {task.rejected > 0 && ` · ${formatCount(task.rejected)} rejected`}
            </span>
          )}
          {heldUp !== null && <span class="sub tone-warn">held up: {heldUp.message.slice(0, 300)}</span>}
        </span>
      </td>
      <td data-label="For" class="num">
        {task === null ? <span class="faint">—</span> : <Elapsed since={task.started_at} durationMs={null} />}
      </td>
      <td data-label="Memory" class="num">
        {formatBytes(worker.rss_bytes)}
      </td>
      <td data-label="Up since">
        <TimeAgo at={worker.started_at} />
      </td>
      <td data-label="Seen">
        <TimeAgo at={worker.seen_at} />
      </td>
      <td data-label="Version">
        <code>{worker.version}</code>
      </td>
    </tr>
  );
}

const MINUTE = 60_000;

function QueueCard({ queue }: { readonly queue: QueueRow }) {
  const thisMinute = Math.floor(Date.now() / MINUTE) * MINUTE;
  const minutes = queue.completed_per_minute.length;
  const hasDone = [...queue.completed_per_minute, ...queue.failed_per_minute].some((count) => count > 0);
  const at = queue.completed_per_minute.map((_, index) => thisMinute - (minutes - 1 - index) * MINUTE);
  return (
    <Card
      title={`Queue ${queue.queue}`}
      aside={
        <a href={queue.url} target="_blank" rel="noreferrer">
          jobs <Icon name="external" size={12} />
        </a>
      }
    >
      <dl class="facts tight">
        {(['waiting', 'active', 'delayed', 'failed'] as const).map((name) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd class={name === 'failed' && queue.failed > 0 ? 'tone-failed' : ''}>
              {formatCount(queue[name])}
            </dd>
          </div>
        ))}
      </dl>
      {hasDone && (
        <>
          <h3 class="chart-title">Jobs done per minute</h3>
          <Chart
            label={`Jobs of ${queue.queue} done per minute`}
            kind="bars"
            height={140}
            at={at}
            series={[
              { label: 'done', values: queue.completed_per_minute },
              ...(queue.failed_per_minute.some((count) => count > 0)
                ? [{ label: 'failed', values: queue.failed_per_minute, colour: 'cell-failed' as const }]
                : []),
            ]}
            format={formatShort}
          />
        </>
      )}
      {queue.depth.length > 1 && (
        <>
          <h3 class="chart-title">Depth</h3>
          <Chart
            label={`Depth of ${queue.queue}`}
            height={140}
            at={queue.depth.map((point) => Date.parse(point.at))}
            series={[{ label: 'jobs', values: queue.depth.map(({ jobs }) => jobs) }]}
            format={formatShort}
          />
        </>
      )}
    </Card>
  );
}
