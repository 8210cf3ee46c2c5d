import type { RunDetail } from '../../../../src/api/run.ts';
import { visible } from '../../components/cell-value.tsx';
import { CopyCommand } from '../../components/copy-command.tsx';
import { Card } from '../../components/page.tsx';
import { StatusIcon } from '../../components/status.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { formatBytes, formatCount } from '../../format/number.ts';
import { formatExact } from '../../format/time.ts';

/** The balance of the run, where its rows went, and how it came to be. */
export function RunDetails({ detail }: { readonly detail: RunDetail }) {
  const { report } = detail;
  const times = [
    ['Requested', report.requested_at],
    ['Published', report.published_at],
    ['Failed', report.failed_at],
    ['Cancelled', report.cancelled_at],
    ['Pruned', report.pruned_at],
  ] as const;
  return (
    <>
      <Files detail={detail} />
      <div class="columns">
        <Tables detail={detail} />
        <Card title="Course">
          <ul class="course">
            {times.map(
              ([name, at]) =>
                at !== null && (
                  <li key={name}>
                    <span class="muted">{name}</span> <span class="tabular">{formatExact(at)}</span>
                  </li>
                ),
            )}
            {detail.decision !== null && (
              <li>
                <span class="muted">Decision</span> {detail.decision.decision} by {detail.decision.by}
              </li>
            )}
            {detail.code_version !== null && (
              <li>
                <span class="muted">Version</span> <code>{detail.code_version}</code>
              </li>
            )}
            {report.key !== null && (
              <li>
                <span class="muted">Key</span> <code>{visible(report.key)}</code>
              </li>
            )}
            {report.destinations.map(({ type, path }) => (
              <li key={path}>
                <span class="muted">Destination</span>
                <span>
                  {type} <code>{visible(path)}</code>
                </span>
              </li>
            ))}
            {detail.retries.map(({ round, retried_at, by, failed_with }) => (
              <li key={round}>
                <span class="muted">Try {round}</span>
                <span>
                  <TimeAgo at={retried_at} /> by {by}
                  {failed_with !== null && (
                    <span class="sub">
                      after {failed_with.code}: {failed_with.message.slice(0, 200)}
                    </span>
                  )}
                </span>
              </li>
            ))}
          </ul>
        </Card>
      </div>
      <p class="muted">
        The same in a terminal: <CopyCommand command={`millrace status ${report.run}`} />
      </p>
    </>
  );
}

function Files({ detail: { report } }: { readonly detail: RunDetail }) {
  const { balance } = report;
  const verdict =
    balance.balances === true
      ? 'every record is accounted for'
      : balance.balances === false
        ? 'does not balance'
        : 'still open';
  return (
    <Card title="Balance" aside={verdict}>
      {balance.imbalances.length > 0 && (
        <ul class="card-body tone-failed">
          {balance.imbalances.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <div class="table-wrap tall" role="region" aria-label="Balance of files" tabIndex={0}>
        <table class="table dense">
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Source</th>
              <th scope="col" class="num">
                Read
              </th>
              <th scope="col" class="num">
                Accepted
              </th>
              <th scope="col" class="num">
                Rejected
              </th>
              <th scope="col">Balances</th>
            </tr>
          </thead>
          <tbody>
            {balance.files.slice(0, 200).map((file) => (
              <tr key={`${file.source} ${file.file}`}>
                <td>
                  <bdi class="cell-value mono" title={file.file}>
                    {visible(file.file)}
                  </bdi>
                </td>
                <td>
                  <bdi>{visible(file.source)}</bdi>
                </td>
                <td class="num">{formatCount(file.seen)}</td>
                <td class="num">{formatCount(file.accepted)}</td>
                <td class="num">{formatCount(file.rejected)}</td>
                <td>
                  <StatusIcon
                    status={file.balances === true ? 'done' : file.balances === false ? 'failed' : 'waiting'}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Tables({ detail: { report } }: { readonly detail: RunDetail }) {
  const tables = [
    ...report.staged_tables.map((table) => ({ ...table, kind: 'staged' })),
    ...report.models.map((table) => ({ ...table, kind: 'model' })),
  ];
  return (
    <Card title="Tables of this run">
      <div class="table-wrap">
        <table class="table dense">
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col">Kind</th>
              <th scope="col" class="num">
                Rows
              </th>
              <th scope="col" class="num">
                Batches
              </th>
              <th scope="col" class="num">
                Stored
              </th>
            </tr>
          </thead>
          <tbody>
            {tables.map(({ table, kind, rows, batches, size_bytes }) => (
              <tr key={`${kind} ${table}`}>
                <td>
                  <bdi>{table}</bdi>
                </td>
                <td class="muted">{kind}</td>
                <td class="num">{formatCount(rows)}</td>
                <td class="num">{formatCount(batches)}</td>
                <td class="num">{formatBytes(size_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
