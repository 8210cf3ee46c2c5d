import { useEffect, useState } from 'preact/hooks';

import { ApiFailure } from '../api/client.ts';
import { Icon } from './icon.tsx';

interface Toast {
  readonly id: number;
  readonly tone: 'done' | 'failed';
  readonly message: string;
  readonly hint: string | null;
}

const SHOWN_MS = 6000;
let next = 1;
let toasts: readonly Toast[] = [];
const listeners = new Set<() => void>();

/** Tells what came of an action, for some seconds; what failed stays until it is closed. */
export function tell(message: string): void {
  const toast = add({ tone: 'done', message, hint: null });
  setTimeout(() => remove(toast), SHOWN_MS);
}

/** Tells why an action failed. */
export function tellFailure(error: unknown): void {
  if (!(error instanceof ApiFailure)) throw error;
  add({ tone: 'failed', message: error.problem.message, hint: error.problem.hint });
}

function add(toast: Omit<Toast, 'id'>): number {
  const id = next++;
  toasts = [...toasts.slice(-3), { id, ...toast }];
  for (const listener of listeners) listener();
  return id;
}

function remove(id: number): void {
  toasts = toasts.filter((toast) => toast.id !== id);
  for (const listener of listeners) listener();
}

export function Toasts() {
  const [, setShown] = useState(toasts);
  useEffect(() => {
    const read = () => setShown(toasts);
    listeners.add(read);
    return () => void listeners.delete(read);
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, tone, message, hint }) => (
        <div key={id} class="toast">
          <span class={`tone-${tone}`}>
            <Icon name={tone} />
          </span>
          <p>
            {message}
            {hint !== null && <span class="muted"> {hint}</span>}
          </p>
          <button type="button" class="button bare" onClick={() => remove(id)}>
            <Icon name="cross" />
            <span class="unseen">close</span>
          </button>
        </div>
      ))}
    </div>
  );
}
