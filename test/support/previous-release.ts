import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'node_modules/.cache/previous-release');

/** Why there is no program of the previous release to run beside this one. */
export const noPreviousRelease = 'no build of the previous release; scripts/previous-release.sh makes it';

/** The program of the previous release, if scripts/previous-release.sh has built the one that the specs are about. */
export function findPreviousRelease(): string | undefined {
  try {
    const built = readFileSync(join(folder, 'commit'), 'utf8');
    return built === readFileSync(join(root, 'scripts/lib/previous-release'), 'utf8')
      ? join(folder, 'dist/main.js')
      : undefined;
  } catch {
    return undefined;
  }
}
