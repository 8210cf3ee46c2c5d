import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { ROOT } from '../support/test-stack.ts';

interface Service {
  readonly image: string;
  readonly user: string;
  readonly read_only: boolean;
  readonly privileged?: boolean;
  readonly init: boolean;
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt: readonly string[];
  readonly mem_limit: string;
  readonly pids_limit: number;
  readonly restart: string;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: unknown };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

const text = await readFile(path.join(ROOT, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const LASTING = services.filter(([name]) => !['prepare', 'cli'].includes(name));

describe.each(services)('the container of %s', (name, service) => {
  it('runs as a user other than root, and cannot become another', () => {
    expect(service.user).toMatch(/^(\$\{MILLRACE_UID:-)?[1-9]/);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.cap_add).toBeUndefined();
    expect(service.privileged).toBeUndefined();
    expect(service.security_opt).toContain('no-new-privileges:true');
  });

  it('cannot change its image, nor take all memory and processes of the machine', () => {
    expect(service.read_only).toBe(true);
    expect(service.mem_limit).toMatch(/^\d+m$/);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.init).toBe(true);
  });

  it('has no secret in its environment, and never the socket of the engine', () => {
    const secrets = Object.keys(service.environment ?? {}).filter((key) =>
      /PASSWORD$|TOKEN$|SECRET$/.test(key),
    );
    expect(secrets).toEqual([]);
    expect(service.environment?.['REDIS_URL'] ?? '').not.toContain('@');
    expect(service.volumes.join()).not.toContain('docker.sock');
  });

  it('can write neither pipelines nor, but for the one that makes it, the password', () => {
    for (const volume of service.volumes) {
      if (volume.startsWith('./pipelines')) expect(volume).toMatch(/:ro$/);
      if (volume.startsWith('secrets:') && name !== 'prepare') expect(volume).toMatch(/:ro$/);
    }
  });
});

describe.each(LASTING)('the service %s', (_name, service) => {
  it('is looked after: a health check, and started again when it ends', () => {
    expect(service.healthcheck?.test).toBeDefined();
    expect(service.restart).toBe('unless-stopped');
  });
});

describe('the compose file', () => {
  it('publishes one port, on loopback', () => {
    const ports = services.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`));
    expect(ports).toEqual(['dashboard 127.0.0.1:${MILLRACE_DASHBOARD_PORT:-4700}:4700']);
  });

  it('keeps Redis and the workers in a network without a way out', () => {
    const closed = Object.keys(compose.networks).filter((name) => compose.networks[name]?.internal === true);
    expect(closed).toEqual(['stack']);
    for (const [name, { networks, network_mode }] of services.filter(([other]) => other !== 'dashboard'))
      expect([name, networks ?? network_mode]).toEqual([name, name === 'prepare' ? 'none' : ['stack']]);
  });

  it('has a Redis that keeps its jobs and its password to itself', () => {
    const { command } = compose.services['redis'] as unknown as { command: string[] };
    for (const setting of ['--appendonly yes', '--maxmemory-policy noeviction', 'requirepass $$(cat'])
      expect(command.join()).toContain(setting);
    expect(command.join()).not.toMatch(/--requirepass/);
  });

  it('starts the CLI only when it is asked for', () => {
    expect(compose.services['cli']).toMatchObject({ profiles: ['cli'], restart: 'no' });
  });
});

describe('the image', () => {
  it('runs as the user that the compose file names, on the Node that it is built with', async () => {
    const dockerfile = await readFile(path.join(ROOT, 'Dockerfile'), 'utf8');
    const stages = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(stages).toEqual(['node:22-bookworm-slim', 'packages', 'node:22-bookworm-slim']);
    expect(dockerfile.slice(dockerfile.lastIndexOf('FROM'))).toMatch(
      /^USER \$\{MILLRACE_UID\}:\$\{MILLRACE_GID\}$/m,
    );
  });
});
