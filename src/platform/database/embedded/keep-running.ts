import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded, startServer, stopServer } from './server.js';
import type { ServerOptions } from './server.js';

const firstPauseMs = 500;
const longestPauseMs = 30_000;

export interface Log {
  info(message: string): void;
  error(message: string): void;
}

/**
 * Starts the server, and again whenever it ends on its own (killed for memory, a full disk): until it runs, after ever
 * longer pauses. Returns how to stop it for good, which ends an attempt as well.
 */
export async function keepRunning(options: ServerOptions, log: Log): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let server: ChildProcess = await startServer(options, signal);
  let restarting: Promise<void> = Promise.resolve();

  const restart = async (): Promise<void> => {
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        server = await startServer(options, signal);
        log.info('The embedded PostgreSQL runs again.');
        return watch();
      } catch (error) {
        if (signal.aborted) return;
        const { message } = error as Error;
        log.error(`${message}\nTrying again in ${pauseMs / 1000} seconds.`);
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  const watch = (): void => {
    const ended = (): void => {
      if (signal.aborted) return;
      const { exitCode, signalCode } = server;
      const how = signalCode ?? `exit code ${exitCode}`;
      log.error(`The embedded PostgreSQL stopped unexpectedly (${how}); starting it again.`);
      restarting = restart();
    };
    if (hasEnded(server)) ended();
    else server.once('exit', ended);
  };
  watch();
  return async () => {
    stopping.abort();
    await restarting;
    await stopServer(server);
  };
}
