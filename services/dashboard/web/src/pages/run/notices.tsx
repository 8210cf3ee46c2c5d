import type { RunDetail } from '../../../../src/api/run.ts';
import { Icon } from '../../components/icon.tsx';
import { Hint, Notice } from '../../components/page.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import { pathTo } from '../../router.ts';

/** What a person has to know before anything else: what ended the run, what it waits for, what looks odd. */
export function RunNotices({ detail }: { readonly detail: RunDetail }) {
  const { report, live, failed_job: job } = detail;
  const { error } = report;
  const notices = [
    live.waiting !== null && (
      <Notice key="waiting" tone="warn" icon="waiting" title="It waits">
        <p>{live.waiting.message}</p>
      </Notice>
    ),
    error !== null && (
      <Notice key="error" tone="failed" icon="failed" title={error.code.replaceAll('_', ' ')}>
        <pre>{error.message}</pre>
        {error.where !== null && <p class="mono">{error.where}</p>}
        {error.hint !== null && <Hint text={error.hint} />}
        <p class="muted notice-links">
          {error.task !== null && (
            <span>
              task <code>{error.task}</code>, {error.attempts === 1 ? '1 try' : `${error.attempts} tries`}
            </span>
          )}
          {job !== null && (
            <a href={job.url} target="_blank" rel="noreferrer">
              its job in the queue <Icon name="external" size={12} />
            </a>
          )}
          {error.code === 'check_failed' && (
            <a href={`${pathTo('runs', report.run)}?tab=checks`}>the checks</a>
          )}
          {error.rejects !== null && (
            <a href={`${pathTo('runs', report.run)}?tab=rejects`}>the rejected records</a>
          )}
        </p>
      </Notice>
    ),
    report.cancelled_at !== null && (
      <Notice key="cancelled" tone="idle" icon="cancelled" title="It was cancelled">
        <p>
          by {report.cancelled_by} <TimeAgo at={report.cancelled_at} />. Nothing of it was published.
        </p>
      </Notice>
    ),
    report.warnings.length > 0 && (
      <Notice key="warnings" tone="warn" icon="warn" title="Worth a look">
        {report.warnings.map(({ code, message }) => (
          <p key={code + message}>{message}</p>
        ))}
      </Notice>
    ),
  ].filter((notice) => notice !== false);
  return notices.length === 0 ? null : <div class="stack notices">{notices}</div>;
}
