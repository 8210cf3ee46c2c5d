import type { TableDetail } from '../../../src/api/table.ts';
import { useResource } from '../api/resource.ts';
import { DataTable } from '../components/cell-value.tsx';
import { Chart } from '../components/chart.tsx';
import { CopyCommand } from '../components/copy-command.tsx';
import { Card, Empty, Loaded, Page } from '../components/page.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatCount, formatShort, plural } from '../format/number.ts';
import { pathTo } from '../router.ts';

/** One published table: its rows and how it grew. */
export function TablePage({ pipeline, table }: { readonly pipeline: string; readonly table: string }) {
  const detail = useResource<TableDetail>(`/api${pathTo('tables', pipeline, table)}?limit=100`);
  return (
    <Page
      title={table}
      crumbs={[
        { href: '/tables', text: 'Tables' },
        { href: pathTo('pipelines', pipeline), text: pipeline },
      ]}
    >
      <Loaded of={detail}>
        {(data) => (
          <div class="stack">
            <Facts data={data} />
            <Card
              title="Rows of the newest run"
              aside={
                data.preview.truncated ? `the first ${formatCount(data.preview.rows.length)}` : undefined
              }
            >
              {data.preview.rows.length === 0 ? (
                <Empty icon="tables" title="The newest run has put no rows in it" />
              ) : (
                <DataTable
                  label={`Rows of ${table}`}
                  columns={data.preview.columns}
                  rows={data.preview.rows}
                />
              )}
            </Card>
            <History data={data} />
            <p class="muted">
              Ask it anything in a terminal:{' '}
              <CopyCommand command={`millrace query ${pipeline} "SELECT * FROM ${table} LIMIT 10"`} />
            </p>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Facts({ data: { table } }: { readonly data: TableDetail }) {
  return (
    <dl class="card facts">
      <div class="fact">
        <dt>Rows</dt>
        <dd>{formatCount(table.rows)}</dd>
      </div>
      <div class="fact">
        <dt>Columns</dt>
        <dd>{formatCount(table.columns.length)}</dd>
      </div>
      <div class="fact">
        <dt>Load</dt>
        <dd>{table.load}</dd>
      </div>
      <div class="fact">
        <dt>Newest run</dt>
        <dd>
          <a href={pathTo('runs', table.latest_run)}>{plural(table.latest_rows, 'row')}</a>
        </dd>
      </div>
      <div class="fact">
        <dt>Destination</dt>
        <dd class="path">
          {table.destination.type} <code class="muted">{table.destination.path}</code>
        </dd>
      </div>
    </dl>
  );
}

function History({ data: { history } }: { readonly data: TableDetail }) {
  const oldestFirst = [...history].reverse();
  return (
    <Card title="Rows by run" aside={plural(history.length, 'run')}>
      {history.length > 1 && (
        <Chart
          label="Rows by run"
          at={oldestFirst.map(({ published_at }) => Date.parse(published_at))}
          series={[{ label: 'rows', values: oldestFirst.map(({ rows }) => rows) }]}
          format={formatShort}
        />
      )}
      <div class="table-wrap tall" role="region" aria-label="History" tabIndex={0}>
        <table class="table dense">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Published</th>
              <th scope="col" class="num">
                Rows
              </th>
            </tr>
          </thead>
          <tbody>
            {history.map(({ run, published_at, rows }) => (
              <tr key={run}>
                <td>
                  <a class="mono" href={pathTo('runs', run)}>
                    {run}
                  </a>
                </td>
                <td>
                  <TimeAgo at={published_at} />
                </td>
                <td class="num">{formatCount(rows)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
