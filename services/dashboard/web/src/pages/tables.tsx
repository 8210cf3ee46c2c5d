import type { TableSummary, TablesPage as Tables } from '../../../src/api/table.ts';
import { useResource } from '../api/resource.ts';
import { Empty, Hint, Loaded, Notice, Page } from '../components/page.tsx';
import { formatCount } from '../format/number.ts';
import { pathTo } from '../router.ts';

/** Published tables of all pipelines. */
export function TablesPage() {
  const tables = useResource<Tables>('/api/tables');
  return (
    <Page title="Tables">
      <Loaded of={tables}>
        {(page) => (
          <div class="stack">
            {page.problems.map(({ pipeline, message, hint }) => (
              <Notice
                key={pipeline}
                tone="warn"
                icon="warn"
                title={`The tables of ${pipeline} cannot be read`}
              >
                <p>{message}</p>
                {hint !== null && <Hint text={hint} />}
              </Notice>
            ))}
            <div class="card">
              {page.tables.length === 0 ? (
                <Empty
                  icon="tables"
                  title="Nothing is published yet"
                  command="millrace run pipelines/storefront --wait"
                >
                  Tables appear here with the first run that is published.
                </Empty>
              ) : (
                <TablesTable tables={page.tables} />
              )}
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function TablesTable({ tables }: { readonly tables: readonly TableSummary[] }) {
  return (
    <div class="table-wrap page-wide">
      <table class="table folds">
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Pipeline</th>
            <th scope="col" class="num">
              Rows
            </th>
            <th scope="col" class="num">
              Of the last run
            </th>
            <th scope="col" class="num">
              Columns
            </th>
            <th scope="col">Load</th>
            <th scope="col">Destination</th>
          </tr>
        </thead>
        <tbody>
          {tables.map((table) => (
            <tr key={`${table.pipeline} ${table.table}`} class="linked">
              <td class="whole">
                <a class="main-link" href={pathTo('tables', table.pipeline, table.table)}>
                  <bdi>{table.table}</bdi>
                </a>
              </td>
              <td data-label="Pipeline">
                <a href={pathTo('pipelines', table.pipeline)}>
                  <bdi>{table.pipeline}</bdi>
                </a>
              </td>
              <td data-label="Rows" class="num">
                {formatCount(table.rows)}
              </td>
              <td data-label="Of the last run" class="num">
                <a href={pathTo('runs', table.latest_run)}>{formatCount(table.latest_rows)}</a>
              </td>
              <td data-label="Columns" class="num">
                <span title={table.columns.map(({ name }) => name).join(', ')}>{table.columns.length}</span>
              </td>
              <td data-label="Load">
                <span class="tag">{table.load}</span>
              </td>
              <td data-label="Destination" class="whole">
                <bdi title={table.destination.path}>
                  {table.destination.type}{' '}
                  <code class="muted">{table.destination.path.replace(/^.*\//, '')}</code>
                </bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
