// ESM throughout: run through `npm run jest`, which passes --experimental-vm-modules.
export default {
  testEnvironment: 'node',
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/libs/.*/dist'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  moduleNameMapper: {
    '^@dovecote/(rpc|workflow|template|secret|saml)$': '<rootDir>/libs/$1/src/index.ts',
    '^#migrations$': '<rootDir>/migrations/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  injectGlobals: false,
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  setupFiles: ['<rootDir>/test/support/load-nest.js'],
  testTimeout: 30_000,
  // What a spec has loaded stays in the process that ran it, as ES modules do: it is replaced before it needs gigabytes.
  workerIdleMemoryLimit: '1500MB',
};
