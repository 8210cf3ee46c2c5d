/**
 * The arrows of the architecture. An import that no arrow allows fails the build, whether it is relative or goes
 * by a workspace's name (then it resolves to that workspace's dist).
 *
 * A layer is a folder of src. Test files may import anything except another service.
 */

const test = '[.]test[.]ts$';

/** The files of one layer, as written and as built. */
const layer = (workspace, ...names) => `^${workspace}/(src|dist)/(${names.join('|')})/`;
const shared = (...names) => layer('packages/shared', ...names);
/** What is taken from packages that are bundled. */
const bundled = (...names) => `^packages/shared/(src|dist)/npm/(${names.join('|')})[.]`;
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`;

const BUNDLED = [
  'bullmq',
  'cron-parser',
  '@duckdb/node-api',
  'ioredis',
  'pino',
  'prom-client',
  'yaml',
  'zod',
];

/** `from` may import the workspace files that `allowed` matches, and npm packages and node: modules, not more. */
function workspaceFiles(name, comment, from, allowed) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: from, pathNot: test },
    to: { path: '^(packages|services|tests|scripts)/', pathNot: allowed },
  };
}

/** `from` may import what `allowed` matches and nothing else: no other npm package, no node: module. */
function only(name, comment, from, allowed) {
  return { name, comment, severity: 'error', from: { path: from, pathNot: test }, to: { pathNot: allowed } };
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or lack a third that both need.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere. An import of another workspace needs `npm run build` first.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },

    only(
      'core-is-pure',
      'core decides, and touches neither node: modules nor npm packages: it can be tested with values alone.',
      shared('core'),
      shared('core'),
    ),
    only(
      'contracts-describe',
      'contracts say how core values are written down: core, zod and readers of YAML and cron suffice.',
      shared('contracts'),
      [shared('core', 'contracts'), bundled('zod', 'yaml', 'cron-parser'), npm('zod', 'yaml')],
    ),
    only('ports-are-interfaces', 'ports speak only of core and contracts.', shared('ports'), [
      shared('core', 'contracts', 'ports'),
    ]),
    workspaceFiles(
      'adapters-implement-ports',
      'adapters know core, contracts and ports, and nothing of the processes they run in.',
      shared('adapters'),
      [shared('core', 'contracts', 'ports', 'adapters', 'npm')],
    ),
    workspaceFiles(
      'runtime-serves-processes',
      'runtime may use every layer of shared except testing.',
      shared('runtime'),
      [shared('core', 'contracts', 'ports', 'adapters', 'runtime', 'npm')],
    ),
    workspaceFiles('shared-stands-alone', 'shared knows no other workspace.', '^packages/shared/', [
      '^packages/shared/',
    ]),
    workspaceFiles(
      'sources-use-shared',
      'sources know shared and no other workspace.',
      '^packages/sources/',
      ['^packages/(?:sources|shared)/'],
    ),
    workspaceFiles(
      'cli-uses-packages',
      'The CLI talks to services through the queue and the bucket.',
      '^packages/cli/',
      ['^packages/'],
    ),
    workspaceFiles(
      'services-use-shared',
      'A service uses shared, and only the extractor reads sources.',
      '^services/(?!extractor/)',
      ['^packages/shared/', '^services/'],
    ),
    only(
      'workspace-core-is-pure',
      'The core of a service or package imports itself and the core of shared.',
      '^(?:packages/(?!shared/)|services/)([^/]+)/src/core/',
      ['^(packages|services)/$1/(src|dist)/core/', shared('core')],
    ),
    {
      name: 'services-are-separate',
      comment: 'A service never imports another: they share the queue, the bucket and the contracts.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'own-files-are-relative',
      comment: 'A workspace that imports itself by name reads its last build, and hides a cycle.',
      severity: 'error',
      from: { path: '^(packages|services)/([^/]+)/src/', pathNot: test },
      to: { path: '^$1/$2/dist/' },
    },
    {
      name: 'product-without-testing',
      comment: 'shared/testing serves tests; a product that needs it has its code in the wrong place.',
      severity: 'error',
      from: { path: '^(packages|services)/', pathNot: [test, shared('testing')] },
      to: { path: shared('testing') },
    },
    {
      name: 'yaml-in-contracts',
      comment: 'The pipeline file is the only YAML, and contracts read it.',
      severity: 'error',
      from: { path: '^(packages|services)/', pathNot: [test, shared('contracts'), bundled('yaml')] },
      to: { path: [npm('yaml'), bundled('yaml')] },
    },
    only(
      'npm-takes-from-packages',
      'shared/npm names what is taken from a package; code has its place elsewhere.',
      shared('npm'),
      '(^|/)node_modules/',
    ),
    {
      name: 'bundled-packages',
      comment:
        'Import it from shared/npm: by its own name Node reads it file by file, and a second time. A type is free: `import type`.',
      severity: 'error',
      from: { path: '^(packages|services)/', pathNot: [test, '/dist/', '/web/', shared('npm', 'testing')] },
      to: { path: npm(...BUNDLED), dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: ['(^|/)node_modules/', '/dist/'] },
    exclude: { path: '^(packages|services)/[^/]+/dist/.+[.]map$' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
