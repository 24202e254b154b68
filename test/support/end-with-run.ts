import type { ChildProcess } from 'node:child_process';

/** Kills the process when the run of the specs ends before it does, also when the run is interrupted. */
export function endWithRun(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}
