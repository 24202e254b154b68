import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Whoever is measured has the first core to itself, whoever measures has the second. */
export const serverCore = 0;
export const loadCore = 1;

/** Whether processes can be bound to cores here: Linux with util-linux, and two cores. */
export const pinned = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** The command line that runs this Node program, on one core if it is named and that is possible. */
export function nodeCommand(args: readonly string[], core?: number): [file: string, args: string[]] {
  if (!pinned || core === undefined) return [process.execPath, [...args]];
  return ['taskset', ['--cpu-list', String(core), process.execPath, ...args]];
}
