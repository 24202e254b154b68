import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadCore, nodeCommand } from '../support/cores.js';
import { program } from '../support/paths.js';
import type { PassRequest, PassResult } from './shape.js';

/** The load generator, seen from the process that measures. */
export class Load {
  readonly #child: ChildProcess;

  constructor() {
    const [file, args] = nodeCommand([program('load/generator')], loadCore);
    this.#child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  async pass(request: PassRequest): Promise<PassResult> {
    const died = new AbortController();
    const onExit = (): void => died.abort(new Error('The load generator ended; its last words are above.'));
    this.#child.once('exit', onExit);
    try {
      const answer = once(this.#child, 'message', { signal: died.signal });
      this.#child.send(request);
      const [result] = (await answer) as [PassResult];
      return result;
    } finally {
      this.#child.off('exit', onExit);
    }
  }

  stop(): void {
    this.#child.disconnect();
  }
}
