/**
 * The architecture as rules. An area holds modules, src/modules/<area>/<module>; each area names the areas that its
 * modules may import. In every other direction they talk through jobs and contributions.
 */
const areas = {
  evidence: [],
  people: ['evidence'],
  signin: ['evidence', 'people'],
  messaging: ['evidence', 'people'],
  analytics: ['evidence', 'people', 'messaging'],
  accounts: ['evidence', 'people', 'signin', 'messaging', 'analytics'],
};
const anyOf = (names) => `^src/modules/(${names.join('|')})/`;
const spec = '\\.spec\\.ts$';

const areaRules = Object.entries(areas).map(([area, below]) => ({
  name: `${area}-imports-only-areas-below`,
  comment:
    'An area imports itself and the areas that it names, so that each can be read without the ones that build on it.',
  severity: 'error',
  from: { path: `^src/modules/${area}/`, pathNot: spec },
  to: { path: '^src/modules/', pathNot: anyOf([area, ...below]) },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one thing, or lack a third that both need.',
      severity: 'error',
      // Types may refer to each other in a circle: nothing of that is left when the program runs.
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'modules-through-their-door',
      comment:
        'A module is entered through its index.ts: what is not exported there may change without asking.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+/[^/]+)/' },
      to: {
        path: '^src/modules/',
        pathNot: ['^src/modules/$1/', '^src/modules/[^/]+/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'program-enters-modules-through-their-door',
      comment: 'The executable and its commands wire modules together and look into none.',
      severity: 'error',
      from: { path: '^src/(commands/|[^/]+\\.ts$)', pathNot: spec },
      to: { path: '^src/modules/', pathNot: '^src/modules/[^/]+/[^/]+/(index|[^/]+\\.module)\\.ts$' },
    },
    {
      name: 'modules-stand-in-an-area',
      comment: 'A new area gets its place at the top of this file.',
      severity: 'error',
      from: { path: '^src/modules/', pathNot: anyOf(Object.keys(areas)) },
      to: {},
    },
    ...areaRules,
    {
      name: 'platform-knows-no-module',
      comment: 'The platform serves every module alike; what knows a module belongs to it.',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/modules/' },
    },
    {
      name: 'platform-knows-no-command',
      comment: 'Commands use the platform, not the other way round.',
      severity: 'error',
      from: { path: '^src/(platform|modules)/' },
      to: { path: '^src/(commands/|[^/]+\\.ts$)' },
    },
    {
      name: 'libs-know-no-src',
      comment:
        'Packages under libs know nothing of the product. They build no types yet, so they are not published.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(src|migrations|test|bench)/' },
    },
    {
      name: 'libs-know-no-framework',
      comment: 'Packages under libs run without Nest and TypeORM.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: 'node_modules/(@nestjs/|typeorm/)' },
    },
    {
      name: 'production-knows-no-test',
      comment: 'What the product needs is part of the product.',
      severity: 'error',
      from: { path: '^(src|libs|migrations)/', pathNot: spec },
      to: { path: `^(test|bench)/|${spec}` },
    },
    {
      name: 'generated-types-stop-at-the-edge',
      comment:
        'Messages of the wire are translated in *.rpc.ts and *.mapper.ts; use cases and queries speak our words.',
      severity: 'error',
      // "upcoming" answers for services that are not there yet, "pages" is a client of the API: they are all edge.
      from: {
        path: '^src/modules/',
        pathNot: ['\\.(rpc|mapper)\\.ts$', '^src/modules/(signin/pages|analytics/upcoming)/', spec],
      },
      to: { path: '^libs/contract/' },
    },
    {
      name: 'typeorm-stops-at-stores-and-entities',
      comment: 'Only stores and entities know how rows are read and written.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['\\.(store|entity)\\.ts$', '^src/platform/(database/|errors/database-errors)', spec],
      },
      to: { path: 'node_modules/typeorm/' },
    },
    {
      name: 'rpc-touches-no-store',
      comment: 'A handler makes one call into its service; it neither queries nor decides.',
      severity: 'error',
      from: { path: '\\.rpc\\.ts$' },
      to: { path: '\\.(store|entity)\\.ts$' },
    },
    {
      name: 'one-way-out',
      comment:
        'Requests to others leave through platform/outbound, which checks where they go. DNS proofs ask the resolver only; the listeners of the metrics and of the embedded engine only answer; the analytics engine is where its operator says.',
      severity: 'error',
      from: {
        path: '^(src|libs)/',
        pathNot: [
          '^src/platform/outbound/',
          '^src/platform/telemetry/metrics-listener\\.ts$',
          '^src/platform/analytics-store/engine-connection\\.ts$',
          '^libs/rpc/',
          '^libs/embedded-clickhouse/src/engine-process\\.ts$',
          spec,
        ],
      },
      to: {
        path: '^(node:)?(http|https|http2|undici)$|node_modules/(undici|axios|got|node-fetch)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'rules-import-no-package',
      comment: 'Decisions are pure: they need nothing that is not in this repository.',
      severity: 'error',
      from: { path: '\\.rules\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'core'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that cannot be resolved fails at run time.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-dependencies',
      comment: 'A package that package.json does not name is there by accident.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: spec },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^libs/contract/'] },
    exclude: { path: ['(^|/)dist/'] },
    // Imports of types count: a boundary is one for the reader too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: `${__dirname}/tsconfig.json` },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
