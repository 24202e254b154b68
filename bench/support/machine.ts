import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Load above which somebody else is at work. */
const QUIET = 0.5;
const BUSY =
  '. **The machine was busy with other work: figures are worse than on a quiet one, and ratios hold only roughly.**';

/** The conditions without which a figure means nothing. */
export function conditions(command: string, loadBefore: readonly number[]): string[] {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return [
    `- Machine: ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${memory}, ${type()} ${release()}`,
    `- Date: ${new Date().toISOString()}, revision ${revision()}`,
    `- Node ${process.version}, command \`${command}\``,
    `- Load average before ${spell(loadBefore)}, after ${spell(loadavg())}${(loadBefore[0] ?? 0) > QUIET ? BUSY : ''}`,
  ];
}

function spell(load: readonly number[]): string {
  return load.map((value) => value.toFixed(2)).join(' ');
}

function revision(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
