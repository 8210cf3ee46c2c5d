import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --ground: #f7f8fa; --card: #fff; --line: #d5d9e0; --text: #1b1f27; --dim: #5c6573; --accent: #2457d6; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ground: #101318; --card: #181c23; --line: #333a46; --text: #e6e9ef; --dim: #98a2b3; --accent: #7aa2ff; --bad: #ff8a80 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { width: min(22rem, calc(100vw - 2rem)); padding: 1.75rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px }
h1 { margin: 0 0 1.25rem; font-size: 1.15rem; font-weight: 600 }
label { display: block; margin-bottom: .35rem; color: var(--dim) }
input, button { width: 100%; padding: .6rem .7rem; font: inherit; border-radius: 6px; border: 1px solid var(--line) }
input { background: transparent; color: inherit }
button { margin-top: 1rem; background: var(--accent); border-color: var(--accent); color: var(--card); font-weight: 600; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
p { margin: 0 0 1rem; color: var(--bad) }
`;

/** For `style-src`: the page has no script, and no other style than this one. */
export const LOGIN_STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/**
 * The page that asks for the password. It stands at every address, so that who has logged in gets what was asked for.
 * @param next path to go on to
 * @param problem a sentence, or null
 */
export function loginPage(next: string, problem: string | null): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in · millrace</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>millrace</h1>
${problem === null ? '' : `<p role="alert" id="problem">${escapeHtml(problem)}</p>`}
<form method="post" action="/api/login">
<input type="hidden" name="next" value="${escapeHtml(next)}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus${problem === null ? '' : ' aria-describedby="problem"'}>
<button type="submit">Log in</button>
</form>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A path of this dashboard, whatever was sent: `//host` and `/\\host` would lead elsewhere. */
export function localPath(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.includes('\\') ? next : '/';
}
