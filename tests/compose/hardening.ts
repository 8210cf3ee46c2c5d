import type { ComposeStack } from './compose-stack.ts';

/** What the engine says of the running containers, which may differ from what the file asked for. */
export async function requireContained(stack: ComposeStack): Promise<void> {
  for (const id of await stack.containers()) {
    const name = (await stack.docker('inspect', '--format', '{{.Name}}', id)).trim();
    const processes = (await stack.docker('top', id, '-eo', 'pid,uid,args')).split('\n').slice(1);
    const roots = processes.filter((line) => /^\s*\d+\s+0\s/.test(line));
    if (roots.length > 0) throw new Error(`${name} has processes of root:\n${roots.join('\n')}`);
    const status = await stack.docker('exec', id, 'cat', '/proc/1/status');
    for (const fact of ['CapEff:\t0000000000000000', 'CapBnd:\t0000000000000000', 'NoNewPrivs:\t1'])
      if (!status.includes(fact)) throw new Error(`${name} may do more than it should: not ${fact}.`);
    const facts = await stack.docker(
      'inspect',
      '--format',
      '{{.HostConfig.ReadonlyRootfs}} {{gt .HostConfig.Memory 0}}',
      id,
    );
    if (facts.trim() !== 'true true') throw new Error(`${name} is not read-only or has no memory limit.`);
  }
}

/** Looks for the password of Redis where others than its services could read it. */
export async function requireSecret(stack: ComposeStack): Promise<void> {
  const password = await stack.compose('exec', '-T', 'redis', 'cat', '/run/millrace-secrets/redis-password');
  if (!/^[0-9a-f]{64}$/.test(password)) throw new Error('There is no password of 64 hex digits.');
  const ids = await stack.containers();
  const processes = await Promise.all(ids.map((id) => stack.docker('top', id, '-eo', 'pid,args')));
  const places = {
    logs: await stack.compose('logs'),
    inspect: await stack.docker('inspect', ...ids),
    processes: processes.join('\n'),
  };
  for (const [place, text] of Object.entries(places))
    if (text.includes(password)) throw new Error(`The password of Redis can be read in: ${place}.`);
}
