import type { RejectRow, RejectsPage } from '../../../../src/api/reject.ts';
import type { RunDetail } from '../../../../src/api/run.ts';
import { useResource } from '../../api/resource.ts';
import { visible } from '../../components/cell-value.tsx';
import { CopyCommand } from '../../components/copy-command.tsx';
import { Card, Empty, Loaded } from '../../components/page.tsx';
import { formatCount } from '../../format/number.ts';
import { pathTo } from '../../router.ts';
import { isOpen } from './use-run.ts';

/** Rejected records by reason, with samples and where they stand. */
export function RunRejects({
  detail,
  query,
}: {
  readonly detail: RunDetail;
  readonly query: URLSearchParams;
}) {
  const { run } = detail.report;
  const reason = query.get('reason');
  const asked = reason === null ? '?limit=50' : `?limit=50&reason=${encodeURIComponent(reason)}`;
  // Asked anew when there are more: an open run finds them as it reads.
  const known = Object.values(detail.live.rejected_by_reason).reduce((sum, records) => sum + records, 0);
  const page = useResource<RejectsPage>(`/api${pathTo('runs', run, 'rejects')}${asked}`, known);
  const path = `${pathTo('runs', run)}?tab=rejects`;
  return (
    <Loaded of={page}>
      {(rejects) =>
        rejects.by_reason.length === 0 ? (
          <div class="card">
            <Empty
              icon="done"
              title={isOpen(detail.live) ? 'No record was rejected so far' : 'No record was rejected'}
            >
              Every record that was read became rows of its tables.
            </Empty>
          </div>
        ) : (
          <>
            <nav class="chips" aria-label="Reasons">
              <Chip href={path} current={reason === null} text="all reasons" records={null} />
              {rejects.by_reason.map((one) => (
                <Chip
                  key={one.reason}
                  href={`${path}&reason=${encodeURIComponent(one.reason)}`}
                  current={one.reason === reason}
                  text={one.reason}
                  records={one.records}
                />
              ))}
            </nav>
            <Files page={rejects} />
            <Card
              title="Samples"
              aside={`${formatCount(rejects.rejects.length)} of ${formatCount(rejects.records)} records`}
            >
              {rejects.rejects.map((reject) => (
                <Reject key={`${reject.source} ${reject.file} ${reject.record_number}`} reject={reject} />
              ))}
            </Card>
            <p class="muted">
              All of them, and what to do to replay them: <CopyCommand command={`millrace rejects ${run}`} />
            </p>
          </>
        )
      }
    </Loaded>
  );
}

interface ChipProps {
  readonly href: string;
  readonly current: boolean;
  readonly text: string;
  readonly records: number | null;
}

function Chip({ href, current, text, records }: ChipProps) {
  return (
    <a class="chip" href={href} {...(current ? { 'aria-current': 'true' as const } : {})}>
      {text}
      {records !== null && <span class="muted tabular">{formatCount(records)}</span>}
    </a>
  );
}

function Files({ page }: { readonly page: RejectsPage }) {
  return (
    <Card title="By file">
      <div class="table-wrap">
        <table class="table dense">
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">File</th>
              <th scope="col" class="num">
                Rejected
              </th>
            </tr>
          </thead>
          <tbody>
            {page.by_file.map(({ source, file, records }) => (
              <tr key={`${source} ${file}`}>
                <td>
                  <bdi class="cell-value">{visible(source)}</bdi>
                </td>
                <td>
                  <bdi class="cell-value mono" title={file}>
                    {visible(file)}
                  </bdi>
                </td>
                <td class="num">{formatCount(records)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Reject({ reject }: { readonly reject: RejectRow }) {
  return (
    <article class="reject">
      <div class="reject-head">
        <span class="tag">{reject.reason}</span>
        <bdi class="mono">{visible(reject.file)}</bdi>
        <span class="muted tabular">{placeOf(reject)}</span>
      </div>
      <p>{visible(reject.message)}</p>
      {reject.faults.length > 0 && (
        <ul class="faults">
          {reject.faults.map((fault) => (
            <li key={`${fault.table}.${fault.column}`}>
              <code>
                {fault.table}.{visible(fault.column)}
              </code>{' '}
              <span class="muted">is</span>{' '}
              <code>{fault.value === null ? 'null' : visible(fault.value)}</code>
              <span class="muted">, expected</span> {fault.expected}
            </li>
          ))}
        </ul>
      )}
      <pre class="raw" tabIndex={0}>
        {visible(reject.raw)}
        {reject.raw_truncated && <span class="muted"> … and more</span>}
      </pre>
    </article>
  );
}

function placeOf({ line, record_number, byte_offset }: RejectRow): string {
  const parts = [
    ...(line === null ? [] : [`line ${formatCount(line)}`]),
    `record ${formatCount(record_number)}`,
    ...(byte_offset === null ? [] : [`byte ${formatCount(byte_offset)}`]),
  ];
  return parts.join(' · ');
}
