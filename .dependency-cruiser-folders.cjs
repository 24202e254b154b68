const { options } = require('./.dependency-cruiser.cjs');

/**
 * Folders that need each other, though no two of their files do. Specs are left out: they reach everywhere.
 */
module.exports = {
  forbidden: [
    {
      name: 'modules-form-no-knot',
      comment: 'Modules that need each other are one module, or lack a third that both need.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/modules/[^/]+/[^/]+$' },
      to: { circular: true },
    },
    {
      name: 'platform-forms-no-knot',
      comment: 'A folder of the platform can be read with only the folders below it.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/platform/[^/]+$' },
      to: { circular: true },
    },
  ],
  options: { ...options, exclude: { path: [...options.exclude.path, '\\.spec\\.ts$', '^(test|bench)/'] } },
};
