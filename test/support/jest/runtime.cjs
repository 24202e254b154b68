const { pathToFileURL } = require('node:url');
const { default: JestRuntime } = require('jest-runtime');
// Must be registered before the first spec file is imported.
const { beginSpecFile } = require('./native-modules.js');

/** Imports spec files as Node imports modules, instead of evaluating all modules again for each of them. */
class NativeRuntime extends JestRuntime {
  unstable_shouldLoadAsEsm() {
    return true;
  }

  async unstable_importModule(path) {
    beginSpecFile(this.requireModuleOrMock(path, '@jest/globals'));
    return import(pathToFileURL(path).href);
  }

  /** Jest's own modules. They hold the state of one spec file, so each spec file loads new ones. */
  requireInternalModule(from) {
    delete require.cache[from];
    return require(from);
  }

  /** Replaces a method of `process`, which is the worker's own here. */
  installGetBuiltinModule() {}
}

module.exports = NativeRuntime;
module.exports.default = NativeRuntime;
module.exports.__esModule = true;
