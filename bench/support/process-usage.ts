import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, whatever the kernel's own clock. */
const TICK_US = 10_000;
const MiB = 1024 * 1024;

/** Microseconds of processor time of a process and its threads; NaN where there is no /proc. */
export function cpuMicros(pid: number): number {
  const [user, system] = statFields(pid).slice(11, 13).map(Number);
  return ((user ?? NaN) + (system ?? NaN)) * TICK_US;
}

/** The same for all processes below it, those that have ended included. */
export function descendantsCpuMicros(pid: number): number {
  return sum(descendants(pid).map(familyCpuMicros));
}

/** Of a process and its ended children; nothing for one that has just ended itself: its parent accounts for it. */
export function familyCpuMicros(pid: number): number {
  const times = statFields(pid).slice(11, 15).map(Number);
  return times.reduce((total, time) => total + time, 0) * TICK_US;
}

/** MiB of memory, with each shared page counted once among those that share it; NaN where it cannot be read. */
export function memoryMiB(pids: readonly number[]): number {
  return sum(pids.map((pid) => (kiloBytes(`/proc/${pid}/smaps_rollup`, 'Pss') * 1024) / MiB));
}

/** MiB of resident memory of one process. */
export function residentMiB(pid: number): number {
  return (kiloBytes(`/proc/${pid}/status`, 'VmRSS') * 1024) / MiB;
}

/** The children of a process, and theirs. */
export function descendants(pid: number): number[] {
  // Looked up once: a process with many children would read all of /proc for each of them.
  const parents = new Map<number, number>(processIds().map((id) => [id, Number(statFields(id)[1])]));
  const below = (parent: number): number[] =>
    [...parents].filter(([, other]) => other === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The fields after the command's name, which is the only one that may contain spaces; [0] is the state. */
function statFields(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function kiloBytes(file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(read(file))?.[1] ?? NaN);
}

/** Empty when the process has ended meanwhile, or the system has no /proc. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function sum(values: readonly number[]): number {
  return values.length === 0 ? NaN : values.reduce((total, value) => total + value, 0);
}
