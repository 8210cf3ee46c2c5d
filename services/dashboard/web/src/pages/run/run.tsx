import { useState } from 'preact/hooks';

import type { RunDetail } from '../../../../src/api/run.ts';
import { BatchGrid } from '../../components/batch-grid.tsx';
import { Gantt } from '../../components/gantt.tsx';
import { PipelineGraph } from '../../components/graph.tsx';
import { Card, Empty, Loaded, Page, Skeleton } from '../../components/page.tsx';
import { Status } from '../../components/status.tsx';
import { Tabs, type Tab } from '../../components/tabs.tsx';
import { useNow } from '../../components/time-ago.tsx';
import { formatCount } from '../../format/number.ts';
import { pathTo } from '../../router.ts';
import { RunActions } from './actions.tsx';
import { RunChecks } from './checks.tsx';
import { RunDetails } from './details.tsx';
import { RunFacts } from './facts.tsx';
import { NodeFacts } from './node-facts.tsx';
import { RunNotices } from './notices.tsx';
import { RunRejects } from './rejects.tsx';
import { Stages } from './stages.tsx';
import { TaskTable } from './task-table.tsx';
import { isOpen, useRun, useTasks, type Tasks } from './use-run.ts';

/** Everything about one run. */
export function RunPage({ run, query }: { readonly run: string; readonly query: URLSearchParams }) {
  const detail = useRun(run);
  const tasks = useTasks(run, detail.data?.live.tasks_version ?? null);
  const tab = query.get('tab') ?? 'overview';
  const path = pathTo('runs', run);
  const pipeline = detail.data?.report.pipeline;
  return (
    <Page
      title={pipeline === undefined ? run : `${pipeline} ${run}`}
      crumbs={[
        { href: '/runs', text: 'Runs' },
        ...(pipeline === undefined ? [] : [{ href: pathTo('pipelines', pipeline), text: pipeline }]),
      ]}
      heading={
        <>
          <h1 class="mono run-id">{run}</h1>
          {detail.data !== null && <Status status={detail.data.live.status} />}
        </>
      }
      {...(detail.data === null
        ? {}
        : { actions: <RunActions detail={detail.data} onDone={detail.refresh} /> })}
    >
      <Loaded of={detail}>
        {(data) => (
          <>
            <RunNotices detail={data} />
            <RunFacts detail={data} />
            <Tabs label="Parts of the run" tabs={tabsOf(data, tasks)} current={tab} path={path} />
            <div class="stack">
              <Part tab={tab} detail={data} tasks={tasks} query={query} />
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function tabsOf({ live }: RunDetail, { tasks }: Tasks): readonly Tab[] {
  const rejected = Object.values(live.rejected_by_reason).reduce((sum, records) => sum + records, 0);
  const { failed, warned, total } = live.checks;
  return [
    { id: 'overview', label: 'Overview' },
    { id: 'timeline', label: 'Timeline' },
    { id: 'tasks', label: 'Tasks', count: tasks?.length ?? 0 },
    { id: 'rejects', label: 'Rejects', count: rejected, tone: 'warn' },
    {
      id: 'checks',
      label: 'Checks',
      count: failed > 0 ? failed : warned > 0 ? warned : total,
      tone: failed > 0 ? 'failed' : warned > 0 ? 'warn' : 'idle',
    },
    { id: 'details', label: 'Details' },
  ];
}

interface PartProps {
  readonly tab: string;
  readonly detail: RunDetail;
  readonly tasks: Tasks;
  readonly query: URLSearchParams;
}

function Part({ tab, detail, tasks, query }: PartProps) {
  const { run } = detail.report;
  switch (tab) {
    case 'timeline':
      return <Timeline detail={detail} tasks={tasks} />;
    case 'tasks':
      return (
        <WithTasks tasks={tasks}>{(known) => <TaskTable tasks={known} query={query} run={run} />}</WithTasks>
      );
    case 'rejects':
      return <RunRejects detail={detail} query={query} />;
    case 'checks':
      return <RunChecks detail={detail} query={query} />;
    case 'details':
      return <RunDetails detail={detail} />;
    default:
      return <Overview detail={detail} tasks={tasks} />;
  }
}

function Overview({ detail, tasks }: { readonly detail: RunDetail; readonly tasks: Tasks }) {
  const [selected, setSelected] = useState<string | null>(null);
  const { live, graph, report } = detail;
  const node = graph.nodes.find(({ id }) => id === selected);
  return (
    <>
      <Stages live={live} />
      <Card title="Graph">
        {graph.nodes.length === 0 ? (
          <Empty icon="pipelines" title="The run is not planned yet">
            An extractor lists its inputs and decides what has to be done.
          </Empty>
        ) : (
          <PipelineGraph graph={graph} live={live.nodes} selected={selected} onSelect={setSelected} />
        )}
        {node !== undefined && <NodeFacts node={node} live={live.nodes[node.id] ?? null} run={report.run} />}
      </Card>
      <Card title="Batches" aside={<a href={`${pathTo('runs', report.run)}?tab=tasks`}>as a table</a>}>
        <WithTasks tasks={tasks}>{(known) => <BatchGrid tasks={known} />}</WithTasks>
      </Card>
    </>
  );
}

function Timeline({ detail, tasks }: { readonly detail: RunDetail; readonly tasks: Tasks }) {
  const now = useNow();
  const { report, live } = detail;
  return (
    <Card title="Tasks by worker" aside={<a href={`${pathTo('runs', report.run)}?tab=tasks`}>as a table</a>}>
      <WithTasks tasks={tasks}>
        {(known) =>
          known.some(({ started_at }) => started_at !== null) ? (
            <Gantt tasks={known} nowMs={isOpen(live) ? now : 0} />
          ) : (
            <Empty icon="clock" title="No task has begun yet" />
          )
        }
      </WithTasks>
    </Card>
  );
}

function WithTasks({
  tasks: { tasks, failure },
  children,
}: {
  readonly tasks: Tasks;
  readonly children: (tasks: NonNullable<Tasks['tasks']>) => preact.ComponentChild;
}) {
  if (tasks === null) return <Loaded of={{ data: null, failure }}>{() => <Skeleton />}</Loaded>;
  if (tasks.length === 0) {
    return (
      <Empty icon="waiting" title={`${formatCount(0)} tasks`}>
        They appear when the run is planned.
      </Empty>
    );
  }
  return <>{children(tasks)}</>;
}
