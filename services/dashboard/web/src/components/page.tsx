import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

import type { ApiFailure } from '../api/client.ts';
import { visible } from './cell-value.tsx';
import { CopyCommand } from './copy-command.tsx';
import { Icon, type IconName } from './icon.tsx';
import type { Tone } from './status.tsx';

interface PageProps {
  readonly title: string;
  /** Shown in place of the title, beside its unseen text. */
  readonly heading?: ComponentChildren;
  readonly crumbs?: readonly { readonly href: string; readonly text: string }[];
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page: its title in the tab too, where it is, and what can be done. */
export function Page({ title, heading, crumbs = [], actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · millrace`;
  }, [title]);
  return (
    <div class="page">
      <header class="page-head">
        {crumbs.length > 0 && (
          <nav class="crumbs" aria-label="Breadcrumb">
            {crumbs.map(({ href, text }) => (
              <span key={href}>
                <a href={href}>{text}</a>
              </span>
            ))}
          </nav>
        )}
        {heading ?? <h1>{title}</h1>}
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface CardProps {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Card({ title, aside, children }: CardProps) {
  return (
    <section class="card" aria-label={title}>
      <div class="card-head">
        <h2>{title}</h2>
        {aside !== undefined && <div class="aside">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly command?: string;
}

/** Nothing to show: why, and what to do about it. */
export function Empty({ icon, title, children, command }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name={icon} size={24} />
      <h3>{title}</h3>
      {children !== undefined && <p>{children}</p>}
      {command !== undefined && <CopyCommand command={command} />}
    </div>
  );
}

interface NoticeProps {
  readonly tone: Exclude<Tone, 'done' | 'running'>;
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}

export function Notice({ tone, icon, title, children }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone}>
      <Icon name={icon} />
      <div>
        <strong>{title}</strong>
        {children}
      </div>
    </div>
  );
}

/** What can be done about it; what stands between backticks is for a terminal. */
export function Hint({ text }: { readonly text: string }) {
  return (
    <p>
      {visible(text)
        .split('`')
        .map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}
    </p>
  );
}

/** What the server said instead of an answer. */
export function Failure({ failure }: { readonly failure: ApiFailure }) {
  const { message, where, hint } = failure.problem;
  return (
    <div role="alert">
      <Notice tone="failed" icon="failed" title={message}>
        {where !== null && <p class="mono">{where}</p>}
        {hint !== null && <Hint text={hint} />}
      </Notice>
    </div>
  );
}

/** Bars in the place of what is on its way. */
export function Skeleton({ rows = 6 }: { readonly rows?: number }) {
  return (
    <div class="card" aria-busy="true">
      <span class="unseen" role="status">
        loading
      </span>
      <div class="card-body stack">
        {Array.from({ length: rows }, (_, row) => (
          <span key={row} class="skeleton" style={{ width: `${92 - ((row * 37) % 50)}%` }} />
        ))}
      </div>
    </div>
  );
}

/** What a resource has: its data drawn, else why there is none, else its place. */
export function Loaded<T>({
  of,
  children,
}: {
  readonly of: { readonly data: T | null; readonly failure: ApiFailure | null };
  readonly children: (data: T) => ComponentChildren;
}) {
  return (
    <>
      {of.failure !== null && <Failure failure={of.failure} />}
      {of.data !== null ? children(of.data) : of.failure === null && <Skeleton />}
    </>
  );
}
