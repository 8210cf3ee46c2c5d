import { useState } from 'preact/hooks';

import type { PauseChanged, PipelineDetail } from '../../../src/api/pipeline.ts';
import type { RunChanged } from '../../../src/api/run.ts';
import { post } from '../api/client.ts';
import { useEvents } from '../api/events.ts';
import { useResource } from '../api/resource.ts';
import { useIsOperator } from '../api/session.ts';
import { ActionButton } from '../components/action-button.tsx';
import { PipelineGraph } from '../components/graph.tsx';
import { Card, Empty, Hint, Loaded, Notice, Page } from '../components/page.tsx';
import { RunsTable } from '../components/runs-table.tsx';
import { Sql } from '../components/sql.tsx';
import { Status } from '../components/status.tsx';
import { Tabs } from '../components/tabs.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { go, pathTo } from '../router.ts';
import { PipelineTrends } from './pipeline-trends.tsx';

/** A pipeline: its graph and SQL, its runs, and how they develop. */
export function PipelinePage({ name, tab }: { readonly name: string; readonly tab: string | null }) {
  const detail = useResource<PipelineDetail>(`/api${pathTo('pipelines', name)}`);
  useEvents('topics=runs', {
    runs: ({ runs }) => {
      const known = new Map(detail.data?.runs.map((run) => [run.run, run.status]));
      if (runs.some((run) => run.pipeline === name && known.get(run.run) !== run.status)) detail.refresh();
    },
  });
  return (
    <Page
      title={name}
      crumbs={[{ href: '/pipelines', text: 'Pipelines' }]}
      {...(detail.data === null ? {} : { actions: <Actions detail={detail.data} onDone={detail.refresh} /> })}
    >
      <Loaded of={detail}>
        {(data) => (
          <>
            <Notices detail={data} />
            <Tabs
              label="Parts of the pipeline"
              current={tab ?? 'graph'}
              path={pathTo('pipelines', name)}
              tabs={[
                { id: 'graph', label: 'Graph' },
                { id: 'trends', label: 'Trends' },
                { id: 'runs', label: 'Runs', count: data.runs.length },
                { id: 'file', label: 'pipeline.yml' },
              ]}
            />
            <div class="stack">
              <Part tab={tab} detail={data} />
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Part({ tab, detail }: { readonly tab: string | null; readonly detail: PipelineDetail }) {
  switch (tab) {
    case 'trends':
      return <PipelineTrends series={detail.series} pipeline={detail.pipeline} />;
    case 'runs':
      return (
        <div class="card">
          {detail.runs.length === 0 ? (
            <Empty icon="runs" title="It has not run yet" command={`millrace run ${detail.pipeline}`} />
          ) : (
            <RunsTable runs={detail.runs} withPipeline={false} />
          )}
        </div>
      );
    case 'file':
      return (
        <Card
          title="pipeline.yml"
          aside={detail.bundle === null ? undefined : <code>{detail.bundle.slice(0, 12)}</code>}
        >
          <pre class="code" tabIndex={0}>
            {detail.file}
          </pre>
        </Card>
      );
    default:
      return <GraphAndSql detail={detail} />;
  }
}

function GraphAndSql({ detail }: { readonly detail: PipelineDetail }) {
  const [selected, setSelected] = useState<string | null>(null);
  const chosen = detail.models.filter((model) => selected === null || selected === `model:${model.name}`);
  return (
    <>
      <Card title="Graph" aside={selected === null ? 'choose a model to see its SQL' : undefined}>
        {detail.graph.nodes.length === 0 ? (
          <Empty icon="pipelines" title="There is nothing to draw" />
        ) : (
          <PipelineGraph graph={detail.graph} live={null} selected={selected} onSelect={setSelected} />
        )}
      </Card>
      {chosen.map((model) => (
        <Card
          key={model.name}
          title={model.name}
          aside={
            <>
              {model.load !== null && <span class="tag">{model.load}</span>} <code>{model.file}</code>
            </>
          }
        >
          <Sql text={model.sql} />
        </Card>
      ))}
    </>
  );
}

function Notices({ detail: { problem, paused, schedule } }: { readonly detail: PipelineDetail }) {
  return (
    <div class="stack notices">
      {problem !== null && (
        <Notice tone="failed" icon="failed" title="It cannot be compiled">
          <pre>{problem.message}</pre>
          {problem.where !== null && <p class="mono">{problem.where}</p>}
          {problem.hint !== null && <Hint text={problem.hint} />}
        </Notice>
      )}
      {paused !== null && (
        <Notice tone="warn" icon="paused" title="It is paused: its runs wait">
          <p>
            by {paused.by} <TimeAgo at={paused.changed_at} />
            {paused.reason !== null && `: ${paused.reason}`}
          </p>
        </Notice>
      )}
      {schedule !== null && (
        <p class="muted schedule">
          Runs by itself at <code>{schedule.cron}</code> ({schedule.time_zone}),{' '}
          {schedule.paused ? (
            <Status status="paused" plain />
          ) : (
            <>
              next <TimeAgo at={schedule.next_at} />
            </>
          )}
        </p>
      )}
    </div>
  );
}

function Actions({ detail, onDone }: { readonly detail: PipelineDetail; readonly onDone: () => void }) {
  const isOperator = useIsOperator();
  const path = `/api${pathTo('pipelines', detail.pipeline)}`;
  if (!isOperator) return null;
  const setPause = async () => {
    const { paused } = await post<PauseChanged>(`${path}/${detail.paused === null ? 'pause' : 'unpause'}`);
    onDone();
    return paused ? 'Paused: runs wait until it is unpaused.' : 'Unpaused: its runs go on.';
  };
  const run = async () => {
    const { run: started, message } = await post<RunChanged>(`${path}/run`);
    go(pathTo('runs', started));
    return message;
  };
  return (
    <>
      <ActionButton
        label={detail.paused === null ? 'Pause' : 'Unpause'}
        icon={detail.paused === null ? 'paused' : 'play'}
        question={null}
        act={setPause}
      />
      <ActionButton
        label="Run"
        icon="play"
        look="primary"
        disabled={detail.problem !== null}
        question={null}
        act={run}
      />
    </>
  );
}
