import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from '@swc/core';
import { root } from './page.js';

const run = promisify(execFile);
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** Where programs find the packages that they import, under the names that they use. */
async function workshop<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const cache = join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'docs-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a program as written, with further variables; returns the lines that it printed. */
export function runProgram(typescript: string, env: Record<string, string> = {}): Promise<string[]> {
  return workshop(async (folder) => {
    const { code } = await transform(typescript, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    });
    const file = join(folder, 'program.mjs');
    await writeFile(file, code);
    const { stdout } = await run(process.execPath, [file], { cwd: root, env: { ...process.env, ...env } });
    return stdout.trim().split('\n');
  });
}

/** Errors of the strictest compiler settings for programs that readers paste into their own projects. */
export function complaintsAbout(programs: readonly string[]): Promise<string> {
  return workshop(async (folder) => {
    await Promise.all(
      programs.map((code, index) => writeFile(join(folder, `program-${index}.mts`), `${code}\nexport {};\n`)),
    );
    const options = [
      '--noEmit',
      '--strict',
      '--types',
      'node',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2024',
    ];
    const files = programs.map((_, index) => join(folder, `program-${index}.mts`));
    return run(process.execPath, [tsc, '--ignoreConfig', ...options, ...files], { cwd: root }).then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => stdout,
    );
  });
}
