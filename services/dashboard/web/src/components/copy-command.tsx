import { useEffect, useState } from 'preact/hooks';

import { Icon } from './icon.tsx';

/** A command for a terminal, with a button that copies it. */
export function CopyCommand({ command }: { readonly command: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  // Over plain HTTP from another machine a browser offers no clipboard: the text can still be selected.
  const canCopy = 'clipboard' in navigator;
  return (
    <span class="command">
      <code tabIndex={0}>{command}</code>
      {canCopy && (
        <button
          type="button"
          class="button bare"
          onClick={() =>
            void navigator.clipboard.writeText(command).then(
              () => setCopied(true),
              () => setCopied(false),
            )
          }
        >
          <Icon name={copied ? 'check' : 'copy'} />
          <span class="unseen" role="status">
            {copied ? 'copied' : 'copy'}
          </span>
        </button>
      )}
    </span>
  );
}
