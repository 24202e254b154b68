// The gates that need no server, in about a minute: all of them, also after a failure, so that one run shows everything.
import { run } from './lib/run.mjs';

const gates = [
  ['lint', ['run', '--silent', 'lint']],
  ['types', ['run', '--silent', 'typecheck']],
  ['boundaries', ['run', '--silent', 'boundaries']],
  ['generated code', ['run', '--silent', 'generate', '--', '--check']],
  ['contract lint', ['run', '--silent', 'lint:proto']],
  ['tidy', ['run', '--silent', 'jest', '--', 'test/tidy']],
];

const failed = [];
for (const [name, args] of gates) {
  const begin = Date.now();
  const code = await run('npm', args);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - begin) / 1000).toFixed(0)} s)`);
  if (code !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.log(`Failed: ${failed.join(', ')}`);
  process.exit(1);
}
