export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'millrace-theme';
const RECOLOURED = 'millrace:recoloured';

export function readTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === stored) ?? 'system';
}

/** Colours of a person's choice, or of their system; kept in this browser. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset['theme'];
  } else {
    localStorage.setItem(KEY, theme);
    document.documentElement.dataset['theme'] = theme;
  }
  dispatchEvent(new Event(RECOLOURED));
}

/** Calls back when colours that were drawn once have to be drawn anew. */
export function onRecoloured(draw: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  addEventListener(RECOLOURED, draw);
  system.addEventListener('change', draw);
  return () => {
    removeEventListener(RECOLOURED, draw);
    system.removeEventListener('change', draw);
  };
}

/** Custom properties as colours that a canvas takes. */
export function resolveColours<Name extends string>(names: readonly Name[]): Record<Name, string> {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const entries = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(entries) as Record<Name, string>;
}
