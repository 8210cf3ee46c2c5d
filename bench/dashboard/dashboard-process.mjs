import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const MAIN = path.join(import.meta.dirname, '../../services/dashboard/dist/main.js');

/** The dashboard of a stack on a free port, ended by `end`. */
export async function startDashboard(environment) {
  const child = fork(MAIN, [], {
    env: { ...environment, MILLRACE_DASHBOARD_PORT: '0' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ dashboardUrl }] = await once(child, 'message');
  return {
    url: dashboardUrl,
    pid: child.pid,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
