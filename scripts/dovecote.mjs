#!/usr/bin/env node
// What "npx dovecote …" runs.
process.argv.splice(2, 0, 'dovecote');
await import('./bootstrap.mjs');
