import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from './errors.js';
import { packageFolder } from './package-folder.js';

/** The contract, and what it imports beside protobuf's own types. */
const sources = ['proto', 'third_party/proto'].map((folder) => join(packageFolder, folder));
/** Served to tests only. */
const ofTests = /[/\\]proto[/\\]dovecote[/\\]test$/;

/** Writes every proto file into a folder that any compiler takes as its only import path. */
export async function exportProtosCommand(target: string): Promise<string> {
  await mkdir(target, { recursive: true });
  if ((await readdir(target)).length > 0) {
    throw new CommandError(`${target} is not empty; name an empty folder, or one that does not exist yet.`);
  }
  for (const source of sources) {
    await cp(source, target, { recursive: true, filter: (path) => !ofTests.test(path) });
  }
  const written = await readdir(target, { recursive: true });
  return `${written.filter((path) => path.endsWith('.proto')).length} proto files written to ${target}.`;
}
