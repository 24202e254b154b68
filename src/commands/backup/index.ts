export { backupCommand } from './back-up.js';
export { checkCommand } from './check.js';
export { restoreCommand } from './restore.js';
