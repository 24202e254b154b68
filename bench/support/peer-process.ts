import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { nodeCommand, serverCore } from './cores.js';
import { program } from './paths.js';
import { cpuMicros } from './process-usage.js';

/** A peer of the comparison, in a process of its own. */
export class PeerProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly ports: { http1?: number; http2?: number },
    readonly secondsToReady: number,
    /** Processor time of Node until then. */
    readonly cpuSecondsToReady: number,
  ) {}

  static async start(
    name: string,
    answersFile: string,
    { alone = false, preload }: { alone?: boolean; preload?: string } = {},
  ): Promise<PeerProcess> {
    const begin = performance.now();
    const loaded = preload ? ['--import', preload] : [];
    const [file, args] = nodeCommand(
      [...loaded, program(`peers/${name}`), answersFile],
      alone ? serverCore : undefined,
    );
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const died = once(child, 'exit').then(() => {
      throw new Error(`${name} ended; its last words are above.`);
    });
    // Watched until it is ready; afterwards its end is how it stops.
    died.catch(() => undefined);
    const [ports] = (await Promise.race([once(child, 'message'), died])) as [PeerProcess['ports']];
    return new PeerProcess(child, ports, (performance.now() - begin) / 1000, cpuMicros(child.pid!) / 1e6);
  }

  get pid(): number {
    return this.child.pid!;
  }

  async stop(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.disconnect();
    await exit;
  }
}
