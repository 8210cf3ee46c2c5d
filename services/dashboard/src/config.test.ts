import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from 'vitest';

import { isLocked, readDashboardConfig } from './config.ts';

test('without settings it listens on loopback alone, and asks for no password', () => {
  const config = readDashboardConfig({});
  expect(config).toMatchObject({ host: '127.0.0.1', port: null });
  expect(isLocked(config)).toBe(false);
});

test('beyond loopback it demands a password, or the word that something else keeps others out', () => {
  for (const host of ['0.0.0.0', '::', '10.1.2.3', 'etl.example', '127.evil.example']) {
    const open = { MILLRACE_DASHBOARD_HOST: host };
    expect(() => readDashboardConfig(open)).toThrow(`would listen on ${host} without a password`);
    expect(() => readDashboardConfig({ ...open, MILLRACE_DASHBOARD_PASSWORD: 'long enough' })).not.toThrow();
    expect(() => readDashboardConfig({ ...open, MILLRACE_DASHBOARD_OPEN: 'yes' })).not.toThrow();
  }
});

test('an empty variable is one that is not set', () => {
  expect(isLocked(readDashboardConfig({ MILLRACE_DASHBOARD_PASSWORD: '' }))).toBe(false);
});

test('a secret may stand in a file, and no error shows it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-secret-'));
  try {
    const file = path.join(folder, 'password');
    await writeFile(file, 'long enough\n');
    const config = readDashboardConfig({ MILLRACE_DASHBOARD_PASSWORD_FILE: file });
    expect(config.operatorPassword).toBe('long enough');
    const both = { MILLRACE_DASHBOARD_PASSWORD_FILE: file, MILLRACE_DASHBOARD_PASSWORD: 'another' };
    expect(() => readDashboardConfig(both)).toThrow('is set as well');
    await writeFile(file, 'short');
    const refused = () => readDashboardConfig({ MILLRACE_DASHBOARD_PASSWORD_FILE: file });
    expect(refused).toThrow('MILLRACE_DASHBOARD_PASSWORD cannot be used: it has fewer than 8 characters.');
    expect(refused).not.toThrow('short.');
    await rm(file);
    expect(refused).toThrow('cannot be used: ENOENT');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
