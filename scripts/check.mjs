// What no test says, two gates at a time: all of them, also after a failure, so that one run shows everything.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

// The first and the last use one folder: they are far enough apart.
const gates = [
  ['contract lint', ['run', '--silent', 'lint:proto']],
  ['lint', ['run', '--silent', 'lint']],
  ['format', ['run', '--silent', 'format:check']],
  ['types', ['run', '--silent', 'typecheck']],
  ['boundaries', ['run', '--silent', 'boundaries']],
  ['nothing unused', ['run', '--silent', 'unused']],
  ['generated code', ['run', '--silent', 'generate', '--', '--check']],
];

const failed = [];
const left = gates.values();
await Promise.all([pass(), pass()]);
if (failed.length > 0) {
  console.log(`Failed: ${failed.join(', ')}`);
  process.exit(1);
}

async function pass() {
  for (const [name, args] of left) {
    const begin = Date.now();
    const { code, printed } = await finished(args);
    const seconds = ((Date.now() - begin) / 1000).toFixed(0);
    // Printed in one write, so that concurrent checks do not mix their output.
    process.stdout.write(`${printed}${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
    if (code !== 0) failed.push(name);
  }
}

async function finished(args) {
  const child = spawn('npm', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (printed += data));
  const [code] = await once(child, 'close');
  return { code, printed };
}
