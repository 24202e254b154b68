import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Ends the connection after the answer to a request that is still arriving. A socket that is closed with bytes
 * unread resets its connection, and the client may lose the answer: this one is read on for a while.
 */
export function closeLingering(response: ServerResponse, restMs: number): void {
  response.setHeader('Connection', 'close');
  // The request's: a response has none while it waits for one before it.
  const { socket } = response.req;
  // What Node calls when such an answer is out.
  socket.destroySoon = () => linger(socket, restMs);
}

/** Whether a request came behind the last answer of its connection. */
export function comesTooLate({ req }: ServerResponse): boolean {
  return req.socket.writableEnded;
}

function linger(socket: Socket, restMs: number): void {
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), restMs);
  socket.once('close', () => clearTimeout(timer));
}
