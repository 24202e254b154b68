import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const script = join(import.meta.dirname, '../../scripts/python-environment.sh');

/** The Python that runs what stands in the folder with its requirements.txt; why there is none, if so. */
export function pythonFor(folder: string): { python: string; missing?: string } {
  const { status, stdout, stderr, error } = spawnSync(script, [join(folder, 'requirements.txt')], {
    encoding: 'utf8',
  });
  if (status === 0) return { python: stdout.trim() };
  return { python: '', missing: error?.message ?? stderr.trim().split('\n').at(-1) ?? 'no reason given' };
}
