/**
 * @typedef {{ task: string, kind: string, worker: string, from: number, to: number }} Span ms since the request
 * @typedef {Awaited<ReturnType<import('./stack.mjs').openStack>>} Stack
 */

/** When each task of a run began and ended, as its manifest has it. @returns {Promise<Span[]>} in the order of the plan */
export async function spansOf(stack, run) {
  const { plan, request, manifests } = await stack.store.load(run);
  const begin = Date.parse(request.requestedAt);
  return plan.tasks.map(({ id }) => {
    const { task, kind, worker, startedAt, finishedAt } = manifests.get(id);
    return { task, kind, worker, from: Date.parse(startedAt) - begin, to: Date.parse(finishedAt) - begin };
  });
}

/** From the beginning of the first extract task to the end of the last. */
export async function readingMs(stack, run) {
  const spans = (await spansOf(stack, run)).filter(({ kind }) => kind === 'extract');
  return Math.max(...spans.map(({ to }) => to)) - Math.min(...spans.map(({ from }) => from));
}

/** For how long no span was under way, between `from` and `to`. */
export function idleMs(spans, from, to) {
  let [idle, reached] = [0, from];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    idle += Math.max(0, Math.min(span.from, to) - reached);
    reached = Math.max(reached, span.to);
  }
  return idle + Math.max(0, to - reached);
}

/** From the end of the last task that each one waited for to its own beginning, where that is in another stage. */
export async function hopsOf(stack, run) {
  const { plan } = await stack.store.load(run);
  const spans = new Map((await spansOf(stack, run)).map((span) => [span.task, span]));
  const stageOf = (task) => task.split('-')[0].replace(/check|model/, 'transform');
  return plan.tasks.flatMap(({ id, dependsOn }) => {
    const before = dependsOn.map((task) => spans.get(task)).toSorted((a, b) => b.to - a.to)[0];
    if (before === undefined || stageOf(before.task) === stageOf(id)) return [];
    return [spans.get(id).from - before.to];
  });
}
