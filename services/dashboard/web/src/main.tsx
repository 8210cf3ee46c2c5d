import { render } from 'preact';

import './css/main.css';
import { App } from './app.tsx';
import { followLinks } from './router.ts';
import { applyTheme, readTheme } from './theme.ts';

applyTheme(readTheme());
const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no element with the id app.');
followLinks(root);
render(<App />, root);
