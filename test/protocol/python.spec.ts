import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonFor } from '../support/python-environment.js';
import { describeForeignClient } from './support/foreign-client.js';
import { copyProtos } from './support/protos.js';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'python-client');
const { python, missing } = pythonFor(SOURCE);

describeForeignClient({
  name: 'grpcio for Python',
  missing,
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
