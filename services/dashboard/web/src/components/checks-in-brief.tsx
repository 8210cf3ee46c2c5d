import type { CheckCounts } from '../../../src/api/check.ts';
import { Icon } from './icon.tsx';

/** What matters most of many checks: those that failed, else those that warn, else that all passed. */
export function ChecksInBrief({ counts }: { readonly counts: CheckCounts }) {
  const { total, passed, warned, failed } = counts;
  if (total === 0) return <span class="faint">—</span>;
  return (
    <span class="brief tabular">
      {failed > 0 && (
        <span class="tone-failed">
          <Icon name="failed" size={14} /> {failed} failed
        </span>
      )}
      {warned > 0 && (
        <span class="tone-warn">
          <Icon name="warn" size={14} /> {warned === 1 ? '1 warning' : `${warned} warnings`}
        </span>
      )}
      {failed + warned === 0 && (
        <span class={passed === total ? 'tone-done' : 'muted'}>
          <Icon name={passed === total ? 'done' : 'waiting'} size={14} /> {passed}/{total}
        </span>
      )}
    </span>
  );
}
