import type { Writable } from 'node:stream';

/** Gives an answer up that its client leaves unread; one below the buffers on the way is not worth a timer. */
export function closeUnread(output: Writable, body: Uint8Array, idleMs: number, giveUp: () => void): void {
  if (body.length < output.writableHighWaterMark) return;
  const timer = setTimeout(giveUp, idleMs);
  output.on('finish', () => clearTimeout(timer));
  output.on('close', () => clearTimeout(timer));
}
