import { connect } from 'node:net';
import type { CallShape } from './shape.js';
import type { Tally } from './tally.js';

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection that calls, waits for the answer, and calls again. Bytes on a socket rather than
 * node:http, whose client costs as much as a server and would be what is measured.
 */
export function callOverHttp1(port: number, shape: CallShape, tally: Tally): Promise<void> {
  const request = encodeRequest(shape);
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    let startedAt = 0;
    const call = (): void => {
      if (!tally.open) return void socket.end();
      startedAt = performance.now();
      socket.write(request);
    };
    socket.on('connect', call);
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const bytes = answerBytes(received);
      if (bytes === undefined) return;
      tally.count(startedAt, isOk(received) && bytes === shape.answerBytes);
      received = Buffer.alloc(0);
      call();
    });
    socket.on('error', reject);
    socket.on('close', resolve);
  });
}

function encodeRequest({ path, headers, body }: CallShape): Buffer {
  const bytes = Buffer.from(body, 'base64');
  const fields = { host: 'localhost', 'content-length': String(bytes.length), ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), bytes]);
}

function isOk(answer: Buffer): boolean {
  return answer.toString('latin1', 9, 12) === '200';
}

/** Length of the body once the answer is complete. One call at a time: nothing follows it. */
function answerBytes(answer: Buffer): number | undefined {
  const head = answer.indexOf(HEAD_END);
  if (head === -1) return undefined;
  const body = answer.subarray(head + HEAD_END.length);
  const announced = /\r\ncontent-length: *(\d+)/i.exec(answer.toString('latin1', 0, head))?.[1];
  if (announced === undefined) return chunkedBytes(body);
  return body.length >= Number(announced) ? Number(announced) : undefined;
}

function chunkedBytes(body: Buffer): number | undefined {
  let total = 0;
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = parseInt(body.toString('latin1', at, lineEnd), 16);
    if (size === 0) return total;
    total += size;
    at = lineEnd + 2 + size + 2;
    if (at > body.length) return undefined;
  }
}
