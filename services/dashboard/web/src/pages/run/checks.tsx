import type { CheckRow, CheckRowsPage, ChecksPage } from '../../../../src/api/check.ts';
import type { RunDetail } from '../../../../src/api/run.ts';
import { useResource } from '../../api/resource.ts';
import { DataTable } from '../../components/cell-value.tsx';
import { Card, Empty, Loaded } from '../../components/page.tsx';
import { Status } from '../../components/status.tsx';
import { formatCount } from '../../format/number.ts';
import { go, pathTo } from '../../router.ts';

/** What the checks found, with the rows that failed. */
export function RunChecks({
  detail,
  query,
}: {
  readonly detail: RunDetail;
  readonly query: URLSearchParams;
}) {
  const { run } = detail.report;
  const { checks } = detail.live;
  const evaluated = checks.total - checks.waiting;
  const page = useResource<ChecksPage>(`/api${pathTo('runs', run, 'checks')}`, evaluated);
  const open = query.get('check');
  return (
    <Loaded of={page}>
      {(found) => (
        <Card title="Checks" aside={found.checks.length > 0 ? describe(found) : undefined}>
          {found.checks.length === 0 ? (
            <Empty icon="done" title="This pipeline has no checks">
              A check in pipeline.yml stops a run before bad rows are published: <code>checks:</code> under a
              table or model, for example <code>unique: order_id</code>.
            </Empty>
          ) : (
            <div class="table-wrap">
              <table class="table folds">
                <thead>
                  <tr>
                    <th scope="col">Check</th>
                    <th scope="col">Result</th>
                    <th scope="col" class="num">
                      Bad rows
                    </th>
                    <th scope="col">What was found</th>
                  </tr>
                </thead>
                <tbody>
                  {found.checks.map((check) => (
                    <CheckLine key={check.check} check={check} run={run} open={check.check === open} />
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Card>
      )}
    </Loaded>
  );
}

function describe({ counts }: ChecksPage): string {
  const parts = [
    [counts.failed, 'failed'],
    [counts.warned, 'warn'],
    [counts.passed, 'passed'],
    [counts.no_baseline, 'without baseline'],
    [counts.waiting, 'waiting'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(' · ');
}

function CheckLine({
  check,
  run,
  open,
}: {
  readonly check: CheckRow;
  readonly run: string;
  readonly open: boolean;
}) {
  const path = `${pathTo('runs', run)}?tab=checks`;
  return (
    <>
      <tr>
        <td class="whole">
          <span>
            <bdi class="main-link">{check.check}</bdi>
            <span class="sub">
              {check.kind} on {check.table} · {check.severity}
            </span>
          </span>
        </td>
        <td data-label="Result">
          <Status status={check.status ?? 'waiting'} />
        </td>
        <td data-label="Bad rows" class="num">
          {check.bad_rows === null ? <span class="faint">—</span> : formatCount(check.bad_rows)}
        </td>
        <td class="whole">
          <span class="found">
            {check.message ?? <span class="faint">not evaluated yet</span>}
            {check.failures > 0 && (
              <button
                type="button"
                class="button"
                aria-expanded={open}
                onClick={() =>
                  go(open ? path : `${path}&check=${encodeURIComponent(check.check)}`, 'replace')
                }
              >
                {open ? 'Hide' : 'Show'} failing rows
              </button>
            )}
          </span>
        </td>
      </tr>
      {open && (
        <tr class="detail">
          <td colSpan={4} class="whole">
            <FailingRows run={run} check={check.check} />
          </td>
        </tr>
      )}
    </>
  );
}

function FailingRows({ run, check }: { readonly run: string; readonly check: string }) {
  const page = useResource<CheckRowsPage>(`/api${pathTo('runs', run, 'checks', check, 'rows')}?limit=100`);
  return (
    <div class="failing">
      <Loaded of={page}>
        {(found) => (
          <>
            <DataTable label={`Rows that fail ${check}`} columns={found.columns} rows={found.rows} />
            {found.truncated && (
              <p class="muted">There are more; these are the first {formatCount(found.rows.length)}.</p>
            )}
          </>
        )}
      </Loaded>
    </div>
  );
}
