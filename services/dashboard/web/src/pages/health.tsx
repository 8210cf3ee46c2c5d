import type { HealthPage as Health } from '../../../src/api/health.ts';
import { useResource } from '../api/resource.ts';
import { visible } from '../components/cell-value.tsx';
import { Icon } from '../components/icon.tsx';
import { Card, Hint, Loaded, Page } from '../components/page.tsx';
import { Status } from '../components/status.tsx';

const STATUS = { ok: 'pass', warn: 'warn', fail: 'error' } as const;

/** What `millrace doctor` says. */
export function HealthPage() {
  const health = useResource<Health>('/api/health');
  return (
    <Page
      title="Health"
      actions={
        <button type="button" class="button" onClick={health.refresh}>
          <Icon name="retry" />
          Look again
        </button>
      }
    >
      <Loaded of={health}>
        {({ checks, version, home }) => (
          <Card title={verdict(checks)} aside={`millrace ${version}`}>
            <ul>
              {checks.map(({ name, status, detail, hint }) => (
                <li key={name} class="health">
                  <Status status={STATUS[status]} label={status === 'fail' ? 'failed' : status} />
                  <div>
                    <strong>{name}</strong>
                    <p class="muted">{visible(detail)}</p>
                    {hint !== null && <Hint text={hint} />}
                  </div>
                </li>
              ))}
            </ul>
            <p class="card-foot muted">
              Home <code>{visible(home)}</code>. The same in a terminal: <code>millrace doctor</code>
            </p>
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function verdict(checks: Health['checks']): string {
  const bad = checks.filter(({ status }) => status === 'fail').length;
  const odd = checks.filter(({ status }) => status === 'warn').length;
  if (bad > 0) return bad === 1 ? 'One thing is broken' : `${bad} things are broken`;
  if (odd > 0) return odd === 1 ? 'One thing is worth a look' : `${odd} things are worth a look`;
  return 'All is well';
}
