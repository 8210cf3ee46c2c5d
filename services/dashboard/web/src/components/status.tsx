import type { CheckStatus } from '@millrace/shared/core/check';
import type { RunStatus } from '@millrace/shared/core/status';

import type { NodeState } from '../../../src/api/graph.ts';
import type { TaskState } from '../../../src/api/task.ts';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'done' | 'running' | 'warn' | 'failed' | 'idle';

interface Look {
  readonly tone: Tone;
  readonly icon: IconName;
}

const LOOKS: Record<RunStatus | NodeState | TaskState | CheckStatus | 'paused', Look> = {
  requested: { tone: 'idle', icon: 'waiting' },
  planned: { tone: 'running', icon: 'running' },
  extracting: { tone: 'running', icon: 'running' },
  transforming: { tone: 'running', icon: 'running' },
  loading: { tone: 'running', icon: 'running' },
  published: { tone: 'done', icon: 'done' },
  failed: { tone: 'failed', icon: 'failed' },
  cancelled: { tone: 'idle', icon: 'cancelled' },
  waiting: { tone: 'idle', icon: 'waiting' },
  ready: { tone: 'idle', icon: 'waiting' },
  running: { tone: 'running', icon: 'running' },
  done: { tone: 'done', icon: 'done' },
  warned: { tone: 'warn', icon: 'warn' },
  paused: { tone: 'warn', icon: 'paused' },
  pass: { tone: 'done', icon: 'done' },
  warn: { tone: 'warn', icon: 'warn' },
  error: { tone: 'failed', icon: 'failed' },
  no_baseline: { tone: 'idle', icon: 'waiting' },
};

export type AnyStatus = keyof typeof LOOKS;

export function toneOf(status: AnyStatus): Tone {
  return LOOKS[status].tone;
}

interface StatusProps {
  readonly status: AnyStatus;
  readonly label?: string;
  /** Without a background, for dense lists. */
  readonly plain?: boolean;
}

/** A status as colour, shape and word. */
export function Status({ status, label, plain = false }: StatusProps) {
  const { tone, icon } = LOOKS[status];
  return (
    <span class={plain ? `badge plain` : 'badge'} data-tone={tone}>
      <Icon name={icon} class={icon === 'running' ? 'spin' : ''} />
      {label ?? status.replace('_', ' ')}
    </span>
  );
}

/** The shape alone, with its word for who does not see it. */
export function StatusIcon({ status, size = 16 }: { readonly status: AnyStatus; readonly size?: number }) {
  const { tone, icon } = LOOKS[status];
  return (
    <span class={`tone-${tone}`} title={status}>
      <Icon name={icon} size={size} class={icon === 'running' ? 'spin' : ''} />
      <span class="unseen">{status}</span>
    </span>
  );
}
