/**
 * Makes a fresh checkout ready to run: packages, build, Redis. Whatever is in place already is left alone, without
 * a word. Uses nothing but Node, because nothing else is installed when it starts.
 *
 * It writes to standard error: standard output belongs to the command that follows.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { packagesAreBundled } from './bundle-packages.mjs';
import { isInstalled } from './installed-packages.mjs';

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = [20, 19];
const EXIT_CONFIGURATION = 2;
const EXIT_INFRASTRUCTURE = 3;

/** Ends the process with a sentence for the person who started it. */
class Unready extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Returns when millrace can run from this checkout; exits with a sentence on what to do when it cannot. */
export async function bootstrap() {
  try {
    requireNode();
    await installPackages();
    await build();
    await bundle();
    await buildPage();
    await provideRedis();
  } catch (error) {
    if (!(error instanceof Unready)) throw error;
    say(error.message);
    process.exit(error.exitCode);
  }
}

/**
 * Runs a program on the terminal of this one and returns its exit code. Ctrl-C reaches both; this process waits
 * for the other to finish.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export async function runAttached(command, args) {
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit' });
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  const terminate = () => child.kill('SIGTERM');
  process.on('SIGTERM', terminate);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
    });
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', terminate);
  }
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Unready(
    `millrace needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${process.versions.node}. ` +
      'Install a newer one from https://nodejs.org or with your version manager, and run the command again.',
    EXIT_CONFIGURATION,
  );
}

async function installPackages() {
  if (packagesAreInstalled() && nativeModuleLoads()) return;
  const result = await step('Installing packages (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund'], {
    remark: ', which takes a minute or two',
  });
  if (result.code !== 0) throw new Unready(`${result.output}\n${installHint()}`, EXIT_INFRASTRUCTURE);
  if (!nativeModuleLoads()) {
    throw new Unready(
      `npm ci ended well, but better-sqlite3 does not load in Node ${process.versions.node}. ` +
        'Was npm told to ignore install scripts? Run: npm rebuild better-sqlite3',
      EXIT_INFRASTRUCTURE,
    );
  }
}

/** Compares the lockfile with the record npm keeps of what it installed; npm writes that record last. */
function packagesAreInstalled() {
  const record = path.join(ROOT, 'node_modules/.package-lock.json');
  return existsSync(record) && isInstalled(lockedPackages('package-lock.json'), lockedPackages(record));
}

/**
 * @param {string} file
 * @returns {import('./installed-packages.mjs').LockedPackages}
 */
function lockedPackages(file) {
  return JSON.parse(readFileSync(path.resolve(ROOT, file), 'utf8')).packages;
}

/**
 * better-sqlite3 is compiled for one version of Node; a change of version asks for it again. In a process of its own:
 * one that has met the wrong version of it does not load the right one afterwards.
 */
function nativeModuleLoads() {
  const load = "new (require('better-sqlite3'))(':memory:').close()";
  return spawnSync(process.execPath, ['-e', load], { cwd: ROOT, stdio: 'ignore' }).status === 0;
}

function installHint() {
  const missing = ['python3', 'make', 'g++'].filter((tool) => spawnSync(tool, ['--version']).error);
  if (missing.length === 0) {
    return 'npm ci failed; its output stands above. Without a network it cannot work the first time.';
  }
  return (
    `npm ci failed; its output stands above. If it was better-sqlite3 that could not be built: ` +
    `${missing.join(', ')} not found, which building it needs.\n` +
    'Debian, Ubuntu: sudo apt-get install python3 make g++\n' +
    'macOS: xcode-select --install'
  );
}

async function build() {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-b', 'tsconfig.build.json', '--listEmittedFiles'];
  const result = await step('Building (tsc -b)', process.execPath, args, { quietUnlessOutput: true });
  if (result.code === 0) return;
  throw new Unready(
    `${result.output}\nThe build failed; the errors stand above. If they name files you did not touch, try: npm run clean`,
    EXIT_CONFIGURATION,
  );
}

async function bundle() {
  if (packagesAreBundled()) return;
  const args = [path.join(ROOT, 'scripts/bundle-packages.mjs')];
  const result = await step('Bundling packages', process.execPath, args);
  if (result.code !== 0) throw new Unready(result.output, EXIT_CONFIGURATION);
}

/** The page of the dashboard, where it is older than what it is made of. */
async function buildPage() {
  const page = path.join(ROOT, 'services/dashboard');
  const made = mtimeOf(path.join(page, 'dist/web/index.html'));
  const parts = readdirSync(path.join(page, 'web'), { recursive: true, encoding: 'utf8' });
  if (parts.every((part) => mtimeOf(path.join(page, 'web', part)) < made)) return;
  const vite = path.join(ROOT, 'node_modules/vite/bin/vite.js');
  const args = [vite, 'build', 'services/dashboard/web', '--logLevel', 'warn'];
  const result = await step("Building the dashboard's page", process.execPath, args);
  if (result.code !== 0) throw new Unready(result.output, EXIT_CONFIGURATION);
}

/** @param {string} file */
function mtimeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Before the tests and the demo start, so that a machine without Redis fetches it once, and says so. */
async function provideRedis() {
  const built = path.join(ROOT, 'packages/shared/dist/runtime/redis-provide.js');
  const redis = await import(pathToFileURL(built).href);
  try {
    await redis.provideRedis({
      env: process.env,
      cacheDir: path.join(ROOT, '.millrace/cache'),
      log: (/** @type {string} */ line) => say(`Redis: ${line}`),
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'MillraceError') throw error;
    const hint = 'hint' in error && typeof error.hint === 'string' ? `\n${error.hint}` : '';
    throw new Unready(`${error.message}${hint}`, EXIT_INFRASTRUCTURE);
  }
}

/**
 * Runs a program with its output held back, and says what it does and how long it took.
 *
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quietUnlessOutput?: boolean, remark?: string }} [options] `quietUnlessOutput` is for a program that prints
 *   nothing when there is nothing to do
 * @returns {Promise<{ code: number, output: string }>}
 */
async function step(title, command, args, { quietUnlessOutput = false, remark = '' } = {}) {
  if (!quietUnlessOutput) say(`${title}${remark} …`);
  const startedAt = performance.now();
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (/** @type {Buffer} */ chunk) => (output += chunk.toString()));
  child.stderr.on('data', (/** @type {Buffer} */ chunk) => (output += chunk.toString()));
  /** @type {number} */
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve(exitCode ?? 1));
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code !== 0) say(`${title} failed after ${seconds} s`);
  else if (!quietUnlessOutput || output !== '') say(`${title}: ${seconds} s`);
  return { code, output: output.replace(/^TSFILE: .*\n/gm, '') };
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}
