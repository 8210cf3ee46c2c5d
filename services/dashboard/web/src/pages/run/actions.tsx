import type { RunChanged, RunDetail } from '../../../../src/api/run.ts';
import { post } from '../../api/client.ts';
import { useIsOperator } from '../../api/session.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { pathTo } from '../../router.ts';

/** What can be done with the run now; nothing for who may only look. */
export function RunActions({ detail, onDone }: { readonly detail: RunDetail; readonly onDone: () => void }) {
  const isOperator = useIsOperator();
  const { run } = detail.report;
  const { can } = detail;
  const change = (what: 'cancel' | 'retry' | 'resume') => async () => {
    try {
      return (await post<RunChanged>(`/api${pathTo('runs', run, what)}`)).message;
    } finally {
      onDone();
    }
  };
  if (!isOperator) return null;
  return (
    <>
      {can.resume && <ActionButton label="Resume" icon="play" question={null} act={change('resume')} />}
      {can.retry && (
        <ActionButton label="Retry" icon="retry" look="primary" question={null} act={change('retry')} />
      )}
      {can.cancel && (
        <ActionButton
          label="Cancel run"
          icon="cancelled"
          look="danger"
          question={{
            title: 'Cancel this run?',
            text: 'Its workers stop within a second or two, nothing of it is published, and it cannot be resumed.',
          }}
          act={change('cancel')}
        />
      )}
    </>
  );
}
