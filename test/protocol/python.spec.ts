import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeForeignClient } from './support/foreign-client.js';
import { copyProtos } from './support/protos.js';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'python-client');
// Kept between runs: what pip installs is large.
const ENVIRONMENT = join(import.meta.dirname, '../../node_modules/.cache/python-client');
const python = join(ENVIRONMENT, 'bin/python');
/** Why the client cannot run here, if so. */
function whyNot(): string | undefined {
  const attempt = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' });
  const created = attempt('python3', '-m', 'venv', ENVIRONMENT);
  if (created.error) return 'no python3';
  if (created.status !== 0)
    return `python3 makes no environment: ${(created.stderr || created.stdout).trim()}`;
  const requirements = join(SOURCE, 'requirements.txt');
  const installed = attempt(python, '-m', 'pip', 'install', '--quiet', '--requirement', requirements);
  return installed.status === 0 ? undefined : `grpcio is not to be had: ${installed.stderr.trim()}`;
}

describeForeignClient({
  name: 'grpcio for Python',
  missing: whyNot(),
  async look({ product, echo, apiKey, token }) {
    const directory = await mkdtemp(join(tmpdir(), 'dovecote-python-'));
    try {
      await copyProtos(directory);
      const protos = (await readdir(directory, { recursive: true })).filter((path) =>
        path.endsWith('.proto'),
      );
      const outputs = [`--python_out=${directory}`, `--grpc_python_out=${directory}`];
      await run(python, ['-m', 'grpc_tools.protoc', `--proto_path=${directory}`, ...outputs, ...protos]);
      const { stdout } = await run(python, [
        join(SOURCE, 'client.py'),
        directory,
        product,
        echo,
        apiKey,
        token,
      ]);
      return JSON.parse(stdout);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
});
