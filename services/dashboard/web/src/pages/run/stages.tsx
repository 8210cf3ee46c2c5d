import type { RunLive, StageLive } from '../../../../src/api/run.ts';
import { Meter } from '../../components/meter.tsx';
import { Card } from '../../components/page.tsx';
import { StatusIcon, type AnyStatus } from '../../components/status.tsx';
import { formatBytes, formatCount } from '../../format/number.ts';
import { formatDuration } from '../../format/time.ts';
import { isOpen } from './use-run.ts';

/** How far each stage is, how fast, and how long it will take. */
export function Stages({ live }: { readonly live: RunLive }) {
  const open = isOpen(live);
  return (
    <Card title="Stages">
      <div class="table-wrap">
        <table class="table folds">
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col" class="stage-meter">
                Progress
              </th>
              <th scope="col" class="num">
                Tasks
              </th>
              <th scope="col" class="num">
                Batches
              </th>
              <th scope="col" class="num">
                Rows
              </th>
              <th scope="col" class="num">
                Stored
              </th>
              <th scope="col" class="num">
                Rows/s
              </th>
              <th scope="col" class="num">
                {open ? 'Time left' : 'Took'}
              </th>
            </tr>
          </thead>
          <tbody>
            {live.stages.map((stage) => (
              <StageRow key={stage.stage} stage={stage} live={live} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function StageRow({ stage, live }: { readonly stage: StageLive; readonly live: RunLive }) {
  const state = stateOf(stage, live);
  const took = tookMs(stage);
  const speed =
    stage.rows_per_second ??
    (took !== null && took > 0 && stage.rows > 0 ? (stage.rows * 1000) / took : null);
  return (
    <tr>
      <td class="whole">
        <span class="brief">
          <StatusIcon status={state} />
          <span class="stage-name">{stage.stage}</span>
        </span>
      </td>
      <td class="whole stage-meter">
        <Meter
          label={`${stage.stage}: progress`}
          fraction={stage.fraction}
          tone={state === 'failed' ? 'failed' : state === 'done' ? 'done' : 'running'}
        />
      </td>
      <td data-label="Tasks" class="num">
        <span>
          {formatCount(stage.tasks_done)}
          <span class="muted">/{stage.tasks_total === null ? '…' : formatCount(stage.tasks_total)}</span>
        </span>
      </td>
      <td data-label="Batches" class="num">
        {formatCount(stage.batches)}
      </td>
      <td data-label="Rows" class="num">
        {formatCount(stage.rows)}
      </td>
      <td data-label="Stored" class="num">
        {stage.size_bytes === 0 ? <span class="faint">—</span> : formatBytes(stage.size_bytes)}
      </td>
      <td data-label="Rows/s" class="num">
        {speed === null ? <span class="faint">—</span> : formatCount(speed)}
      </td>
      <td data-label={took === null ? 'Time left' : 'Took'} class="num">
        {took !== null ? (
          formatDuration(took)
        ) : stage.left_ms !== null ? (
          `≈ ${formatDuration(stage.left_ms)}`
        ) : (
          <span class="faint">—</span>
        )}
      </td>
    </tr>
  );
}

function stateOf(
  { tasks_done, tasks_running, tasks_total, started_at }: StageLive,
  live: RunLive,
): AnyStatus {
  if (tasks_total !== null && tasks_done === tasks_total) return 'done';
  if (live.status === 'cancelled') return 'cancelled';
  const begun = tasks_running > 0 || tasks_done > 0 || started_at !== null;
  if (live.status === 'failed') return begun ? 'failed' : 'cancelled';
  return begun ? 'running' : 'waiting';
}

function tookMs({ started_at, finished_at }: StageLive): number | null {
  if (started_at === null || finished_at === null) return null;
  return Math.max(0, Date.parse(finished_at) - Date.parse(started_at));
}
