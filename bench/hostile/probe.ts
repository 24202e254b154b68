// Loaded into a server before anything else (--import): measures the process from within, and tells over IPC.
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Answers, Held, Question, Spent } from './questions.js';

/** How often the loop is asked whether it is free, in milliseconds. */
const TICK_MS = 1;
/** Until what a forced collection held up has passed. */
const SETTLE_MS = 20;
/** A second collection takes what finalizers of the first one let go. */
const COLLECTIONS = 2;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let streams = 0;
let sockets = 0;
subscribe('http2.server.stream.created', () => streams++);
subscribe('http2.server.stream.close', () => streams--);
subscribe('net.server.socket', (message) => {
  sockets++;
  (message as { socket: Socket }).socket.once('close', () => sockets--);
});

/**
 * What passes between two ticks of a timer is a pause of the loop. Counted in processor time of the thread as well:
 * a pause in which others had the core is not of the server's making.
 */
class Watch {
  #wall = 0;
  #busy = 0;
  #last = performance.now();
  #lastThread = process.threadCpuUsage();
  readonly #process = process.cpuUsage();
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  stop(): Spent {
    this.#tick();
    clearInterval(this.#timer);
    const { user, system } = process.cpuUsage(this.#process);
    return { cpuMs: (user + system) / 1000, pauseMs: this.#wall, busyPauseMs: this.#busy };
  }

  #tick(): void {
    const now = performance.now();
    const { user, system } = process.threadCpuUsage(this.#lastThread);
    this.#wall = Math.max(this.#wall, now - this.#last - TICK_MS);
    this.#busy = Math.max(this.#busy, (user + system) / 1000);
    this.#last = now;
    this.#lastThread = process.threadCpuUsage();
  }
}

let watch: Watch | undefined;

const answers: { [Name in Question]: () => Promise<Answers[Name]> } = {
  begin: async () => void (watch = new Watch()),
  end: async () => watch!.stop(),
  held: async () => held(),
  left: async () => ({ streams, sockets }),
};

async function held(): Promise<Held> {
  for (let count = 0; count < COLLECTIONS; count++) {
    collect();
    await delay(SETTLE_MS);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, residentBytes: rss };
}

process.on('message', (question: Question) => {
  void answers[question]().then((answer) => process.send!(answer ?? null));
});
// What it is asked by must not keep the server from ending.
process.channel?.unref();
