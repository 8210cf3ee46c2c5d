import { once } from 'node:events';
import { get } from 'node:http';
import { json } from 'node:stream/consumers';

/**
 * Asks a dashboard for what the page of a run asks for, all the while, and draws nothing: a browser on the same cores
 * would cost the run more than the dashboard does.
 * @returns what ends it; it gives the number of events that came
 */
export function askAsPage(url, run) {
  let [events, version, asked] = [0, -1, -1];
  let isBusy = false;
  const signal = new AbortController();
  const end = () => {
    signal.abort();
    return events;
  };

  async function askForTasks() {
    if (isBusy || version <= asked) return;
    isBusy = true;
    const since = asked < 0 ? '' : `?since=${asked}`;
    const page = await answer(new URL(`/api/runs/${run}/tasks${since}`, url), signal.signal);
    asked = Math.max(page.version, version);
    isBusy = false;
    await askForTasks();
  }

  let rest = '';
  const request = get(new URL(`/api/events?run=${run}`, url), { signal: signal.signal }, (response) => {
    response.setEncoding('utf8').on('data', (text) => {
      const parts = (rest + text).split('\n\n');
      rest = parts.pop();
      for (const part of parts) {
        if (!part.includes('event: run\n')) continue;
        events += 1;
        version = JSON.parse(part.slice(part.indexOf('data: ') + 'data: '.length)).tasks_version;
      }
      askForTasks().catch(unlessEnded);
    });
    response.on('error', unlessEnded);
  });
  request.on('error', unlessEnded);
  return end;

  function unlessEnded(error) {
    if (!signal.signal.aborted) throw error;
  }
}

async function answer(url, signal) {
  const [response] = await once(get(url, { signal }), 'response');
  if (response.statusCode !== 200) throw new Error(`${url} answers ${response.statusCode}.`);
  return json(response);
}
