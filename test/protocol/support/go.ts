import { spawnSync } from 'node:child_process';

/** Why the Go module in the folder cannot be built here, if so. */
export function whyNoGo(folder: string): string | undefined {
  if (spawnSync('go', ['version']).error) return 'no go toolchain';
  const download = spawnSync('go', ['mod', 'download'], { cwd: folder, encoding: 'utf8' });
  return download.status === 0 ? undefined : `Go modules are not to be had: ${download.stderr.trim()}`;
}
