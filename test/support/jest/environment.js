import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

// The value of jest.setTimeout, and the handlers of Jest's events.
const statesOfJest = [Symbol.for('TEST_TIMEOUT_SYMBOL'), Symbol.for('EVENT_HANDLERS')];

/**
 * The environment of a spec file is the process of the Jest worker itself, not a context of the vm module. Modules are
 * loaded once for each worker instead of once for each spec file. What a spec file changes in the process is put back.
 */
export default class ProcessEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  #before = processState();

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern.dispose();
    restore(this.#before);
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  /** Jest demands the method. The runtime beside this file compiles nothing in a context. */
  getVmContext() {
    return null;
  }
}

function processState() {
  return {
    console: globalThis.console,
    exit: process.exit,
    env: { ...process.env },
  };
}

function restore({ console, exit, env }) {
  globalThis.console = console;
  process.exit = exit;
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
  Object.assign(process.env, env);
  for (const symbol of statesOfJest) Reflect.deleteProperty(globalThis, symbol);
}
