import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Source {
  readonly path: string;
  readonly text: string;
}

const foreign =
  /(^|\/)(node_modules|dist|data|coverage|\.git|\.buf)(\/|$)|^libs\/contract\/gen\/|^docs\/api\/|^third_party\/|^package-lock\.json$/;
const written = /\.(ts|js|mjs|cjs|json|md|proto|yml|yaml|sh|html)$|(^|\/)(Dockerfile|run|\.npmrc)$/;

/** Every file that a person wrote. */
export function sources(folder = root): Source[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = join(folder, entry.name);
    const path = relative(root, file);
    if (foreign.test(path)) return [];
    if (entry.isDirectory()) return sources(file);
    return written.test(path) ? [{ path, text: readFileSync(file, 'utf8') }] : [];
  });
}

/** The folder that answers for a file: `people/role`, `platform/caller`, `commands`. */
export function placeOf(path: string): string {
  return /^src\/(?:modules\/)?((?:(?<=modules\/)[^/]+\/|platform\/)?[^/]+)/.exec(path)?.[1] ?? path;
}
