import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give out by themselves, from 32768 on, and enough for each of eight workers. */
const FIRST = 20_000;
const PORTS_OF_WORKER = 1_500;

const first = FIRST + ((Number(process.env.JEST_WORKER_ID ?? 1) - 1) % 8) * PORTS_OF_WORKER;
// Another run on the machine begins elsewhere.
let asked = process.pid % PORTS_OF_WORKER;

/**
 * A port that nobody listens on at the moment. Neither another worker nor the system gives it to another program between
 * this and its use.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS_OF_WORKER; tries += 1) {
    asked += 1;
    const port = first + (asked % PORTS_OF_WORKER);
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${first} to ${first + PORTS_OF_WORKER - 1} is free.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
