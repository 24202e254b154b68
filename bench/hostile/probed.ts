import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Answers, Question } from './questions.js';

/** A server with the probe in it. */
export class Probed {
  constructor(
    private readonly child: ChildProcess,
    readonly http1: string,
    readonly http2: string,
  ) {}

  async ask<Name extends Question>(question: Name): Promise<Answers[Name]> {
    const died = new AbortController();
    const onExit = (): void => died.abort(new Error('The server ended; its last words are above.'));
    this.child.once('exit', onExit);
    try {
      const answer = once(this.child, 'message', { signal: died.signal });
      this.child.send(question);
      return (await answer)[0] as Answers[Name];
    } finally {
      this.child.off('exit', onExit);
    }
  }
}
