import { useEffect, useRef, useState } from 'preact/hooks';

import { Icon, type IconName } from './icon.tsx';
import { tell, tellFailure } from './toasts.tsx';

interface ActionButtonProps {
  readonly label: string;
  readonly icon: IconName;
  readonly look?: 'primary' | 'danger' | '';
  readonly disabled?: boolean;
  /** Asked before it is done; null does it at once. */
  readonly question: { readonly title: string; readonly text: string } | null;
  /** Does it, and says in a sentence what came of it. */
  readonly act: () => Promise<string>;
}

/** A button that changes something: asks first where it matters, cannot be pressed twice, tells the result. */
export function ActionButton({ label, icon, look = '', disabled = false, question, act }: ActionButtonProps) {
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const run = () => {
    setAsking(false);
    setBusy(true);
    act()
      .then(tell, tellFailure)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <button
        type="button"
        class={`button ${look}`}
        disabled={disabled || busy}
        aria-busy={busy}
        onClick={() => (question === null ? run() : setAsking(true))}
      >
        <Icon name={busy ? 'running' : icon} class={busy ? 'spin' : ''} />
        {label}
      </button>
      {asking && question !== null && (
        <Confirm {...question} label={label} look={look} onYes={run} onNo={() => setAsking(false)} />
      )}
    </>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly look: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

function Confirm({ title, text, label, look, onYes, onNo }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-label={title} onClose={onNo}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          onYes();
        }}
      >
        <h2>{title}</h2>
        <p class="muted">{text}</p>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Back
          </button>
          <button type="submit" class={`button ${look}`}>
            {label}
          </button>
        </div>
      </form>
    </dialog>
  );
}
