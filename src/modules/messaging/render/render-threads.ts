import { Worker } from 'node:worker_threads';
import type { RenderResult } from './render.rules.js';
import type { RenderWork } from './rendering.js';

interface Task {
  work: RenderWork;
  resolve(results: RenderResult[]): void;
  reject(error: unknown): void;
}

type Answer = { results: RenderResult[] } | { error: unknown };

/**
 * A few threads that render, started when there is work for them and kept for the next. What cannot start at once
 * waits its turn.
 */
export class RenderThreads {
  private readonly waiting: Task[] = [];
  private readonly idle: Worker[] = [];
  private readonly all = new Set<Worker>();
  private closed = false;

  constructor(private readonly size: number) {}

  render(work: RenderWork): Promise<RenderResult[]> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('The threads are closed.'));
      this.waiting.push({ work, resolve, reject });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { reject } of this.waiting.splice(0)) reject(new Error('The threads are closed.'));
    await Promise.all([...this.all].map((thread) => thread.terminate()));
  }

  private next(): void {
    if (this.waiting.length === 0) return;
    const thread = this.idle.pop() ?? (this.all.size < this.size ? this.start() : undefined);
    const task = thread && this.waiting.shift();
    if (thread && task) this.run(thread, task);
  }

  private start(): Worker {
    const thread = new Worker(new URL(import.meta.resolve('#render-thread')));
    this.all.add(thread);
    thread.once('exit', () => this.all.delete(thread));
    return thread;
  }

  private run(thread: Worker, { work, resolve, reject }: Task): void {
    const settle = (): void => void thread.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
    const onMessage = (answer: Answer): void => {
      settle();
      // An idle thread does not keep the process alive.
      thread.unref();
      this.idle.push(thread);
      if ('error' in answer) reject(answer.error);
      else resolve(answer.results);
      this.next();
    };
    /** It ran out of memory, or was told to stop; another one takes its place. */
    const onEnd = (reason: unknown): void => {
      settle();
      this.all.delete(thread);
      reject(
        reason instanceof Error ? reason : new Error('A render thread ended in the middle of its work.'),
      );
      this.next();
    };
    thread.on('message', onMessage).on('error', onEnd).on('exit', onEnd);
    thread.ref();
    thread.postMessage(work);
  }
}
