import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface RawResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  trailers: NodeJS.Dict<string>;
}

/** An HTTP/1.1 request without any RPC library. */
export async function http1(
  port: number,
  path: string,
  headers: OutgoingHttpHeaders,
  body: Uint8Array | string = '',
  method = 'POST',
): Promise<RawResponse> {
  const outgoing = request({ port, path, method, headers, host: '127.0.0.1', agent: false });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  return {
    status: response.statusCode,
    headers: response.headers,
    body: await buffer(response),
    trailers: response.trailers,
  };
}

/** The five bytes before a message, then the message. */
export function envelope(data: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

export function envelopes(body: Buffer): { flags: number; data: Buffer }[] {
  const result = [];
  for (let offset = 0; offset < body.length;) {
    const end = offset + 5 + body.readUInt32BE(offset + 1);
    result.push({ flags: body.readUInt8(offset), data: body.subarray(offset + 5, end) });
    offset = end;
  }
  return result;
}

export async function rawSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  // A server that cuts a connection is what most tests here are about.
  socket.on('error', () => undefined);
  return socket;
}

/** All that the server sends until it closes the connection. */
export async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // Not once(): it would reject with the error of a connection that is cut.
  if (!socket.closed) await new Promise((resolve) => socket.on('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

export async function readUntil(socket: Socket, text: string): Promise<string> {
  let received = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received += chunk.toString('latin1');
    if (received.includes(text)) return received;
  }
  throw new Error(`the connection ended before ${JSON.stringify(text)}; got ${JSON.stringify(received)}`);
}
