import { useState } from 'preact/hooks';

import type { TaskRow, TaskState } from '../../../../src/api/task.ts';
import { Icon } from '../../components/icon.tsx';
import { Card, Empty } from '../../components/page.tsx';
import { Select } from '../../components/select.tsx';
import { Status } from '../../components/status.tsx';
import { taskMs } from '../../components/task-tip.tsx';
import { TimeAgo, useNow } from '../../components/time-ago.tsx';
import { formatCount } from '../../format/number.ts';
import { formatDuration } from '../../format/time.ts';
import { go, pathTo } from '../../router.ts';

const PER_PAGE = 100;
const STATES: readonly TaskState[] = ['running', 'failed', 'ready', 'waiting', 'done', 'cancelled'];

interface TaskTableProps {
  readonly tasks: readonly TaskRow[];
  readonly query: URLSearchParams;
  readonly run: string;
}

/** Tasks in the order of the plan: what grid and timeline show, as words and numbers. */
export function TaskTable({ tasks, query, run }: TaskTableProps) {
  const now = useNow();
  const [page, setPage] = useState(0);
  const state = query.get('state') ?? '';
  const chosen = state === '' ? tasks : tasks.filter((task) => task.state === state);
  const pages = Math.max(1, Math.ceil(chosen.length / PER_PAGE));
  const current = Math.min(page, pages - 1);
  const shown = chosen.slice(current * PER_PAGE, (current + 1) * PER_PAGE);
  return (
    <div>
      <div class="filters">
        <Select
          label="State"
          value={state}
          options={STATES}
          onChange={(value) => {
            setPage(0);
            go(`${pathTo('runs', run)}?tab=tasks${value === '' ? '' : `&state=${value}`}`, 'replace');
          }}
        />
        {pages > 1 && <Pager page={current} pages={pages} total={chosen.length} onPage={setPage} />}
      </div>
      <Card title="Tasks" aside={`${formatCount(chosen.length)} of ${formatCount(tasks.length)}`}>
        {shown.length === 0 ? (
          <Empty icon="runs" title="No task is in this state" />
        ) : (
          <div class="table-wrap page-wide">
            <table class="table dense folds">
              <thead>
                <tr>
                  <th scope="col">Task</th>
                  <th scope="col">State</th>
                  <th scope="col">Started</th>
                  <th scope="col" class="num">
                    Took
                  </th>
                  <th scope="col" class="num">
                    Rows
                  </th>
                  <th scope="col" class="num">
                    Rejected
                  </th>
                  <th scope="col" class="num">
                    Batches
                  </th>
                  <th scope="col" class="num">
                    Tries
                  </th>
                  <th scope="col">Worker</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((task) => (
                  <TaskLine key={task.id} task={task} now={now} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
    </div>
  );
}

interface PagerProps {
  readonly page: number;
  readonly pages: number;
  readonly total: number;
  readonly onPage: (page: number) => void;
}

function Pager({ page, pages, total, onPage }: PagerProps) {
  const last = Math.min(total, (page + 1) * PER_PAGE);
  return (
    <span class="pager">
      <button type="button" class="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
        Before
      </button>
      <span class="muted tabular">
        {formatCount(page * PER_PAGE + 1)}–{formatCount(last)} of {formatCount(total)}
      </span>
      <button type="button" class="button" disabled={page === pages - 1} onClick={() => onPage(page + 1)}>
        Next
      </button>
    </span>
  );
}

function TaskLine({ task, now }: { readonly task: TaskRow; readonly now: number }) {
  return (
    <tr>
      <td class="whole">
        <span>
          <a class="mono" href={task.job_url} target="_blank" rel="noreferrer" title="its job in the queue">
            {task.id} <Icon name="external" size={12} />
          </a>
          {task.message !== null && <span class="sub tone-failed">{task.message.slice(0, 300)}</span>}
        </span>
      </td>
      <td data-label="State">
        <Status status={task.state} plain />
      </td>
      <td data-label="Started">
        <TimeAgo at={task.started_at} />
      </td>
      <td data-label="Took" class="num">
        {task.started_at === null ? <span class="faint">—</span> : formatDuration(taskMs(task, now))}
      </td>
      <td data-label="Rows" class="num">
        {formatCount(task.rows)}
      </td>
      <td data-label="Rejected" class="num">
        {formatCount(task.rejected)}
      </td>
      <td data-label="Batches" class="num">
        {formatCount(task.batches)}
      </td>
      <td data-label="Tries" class="num">
        {task.attempts ?? <span class="faint">—</span>}
      </td>
      <td data-label="Worker">
        <bdi class="cell-value mono" title={task.worker ?? ''}>
          {task.worker ?? '—'}
        </bdi>
      </td>
    </tr>
  );
}
