import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const script = join(import.meta.dirname, '../../scripts/go-build.sh');

/** Why the Go module in the folder cannot be built here, if so. */
export function whyNoGo(folder: string): string | undefined {
  if (spawnSync('go', ['version']).error) return 'no go toolchain';
  const download = spawnSync('go', ['mod', 'download'], { cwd: folder, encoding: 'utf8' });
  return download.status === 0 ? undefined : `Go modules are not to be had: ${download.stderr.trim()}`;
}

/** Compiles packages of the Go module in the folder to the output: a file, or a folder with a slash at its end. */
export async function buildGo(folder: string, output: string, ...packages: string[]): Promise<void> {
  await promisify(execFile)(script, [folder, output, ...packages]);
}
