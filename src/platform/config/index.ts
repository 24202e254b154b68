export { ConfigError, loadConfig } from './config.js';
export type { Config, Role } from './config.js';
export { describeConfig } from './describe.js';
export type { VariableDescription } from './describe.js';
export { canonicalName } from './distinguished-name.js';
export { isLoopback } from './loopback.js';
