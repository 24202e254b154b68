import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { program } from '../support/paths.js';
import type { Delivery, Order } from './shape.js';

/** The load generator, as the process sees it that measures. */
export class Generator {
  private readonly child: ChildProcess = spawn(process.execPath, [program('ingest/generator')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

  async deliver(order: Order): Promise<Delivery> {
    const ended = new AbortController();
    const onExit = (): void => ended.abort(new Error('The load generator ended; its last words are above.'));
    this.child.once('exit', onExit);
    try {
      const answer = once(this.child, 'message', { signal: ended.signal });
      this.child.send(order);
      const [delivery] = (await answer) as [Delivery];
      return delivery;
    } finally {
      this.child.off('exit', onExit);
    }
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }
}
