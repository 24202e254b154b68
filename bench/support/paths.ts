import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository; this file runs from bench/dist/support. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** A compiled program of this folder. */
export function program(name: string): string {
  return join(root, 'bench', 'dist', `${name}.js`);
}
