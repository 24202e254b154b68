// Loaded before the server: counts the statements that this process sends to PostgreSQL, and tells them when it is asked.
import { Socket } from 'node:net';

/** Message types of the protocol: a simple query, and the execution of a prepared one. */
const QUERY = 'Q'.charCodeAt(0);
const EXECUTE = 'E'.charCodeAt(0);

let statements = 0;

const { write } = Socket.prototype;
Socket.prototype.write = function (this: Socket, ...given: Parameters<typeof write>) {
  const [chunk] = given;
  if (chunk instanceof Uint8Array)
    statements += countIn(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
  return write.apply(this, given);
} as typeof write;

process.on('message', () => process.send?.(statements));

/** 0 for whatever is no sequence of whole messages of a client to PostgreSQL. */
function countIn(bytes: Buffer): number {
  let [count, at] = [0, 0];
  while (at + 5 <= bytes.length) {
    const [type, length] = [bytes[at], bytes.readUInt32BE(at + 1)];
    if (length < 4) return 0;
    if (type === QUERY || type === EXECUTE) count += 1;
    at += 1 + length;
  }
  return at === bytes.length ? count : 0;
}
