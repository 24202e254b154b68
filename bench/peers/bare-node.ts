// node:http and node:http2 with the right bytes and nothing else: what any server in Node pays before it begins.
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { toBinary, toJsonString } from '@bufbuild/protobuf';
import { enveloped } from '../support/calls.js';
import { listen } from './listen.js';
import { readAnswers, ready } from './peer.js';

const answers = readAnswers().map(({ path, method, message }) => {
  const proto = Buffer.from(toBinary(method.output, message));
  const json = Buffer.from(toJsonString(method.output, message));
  return [path, { proto, json, grpc: enveloped(proto) }] as const;
});
const byPath = new Map<string | undefined, (typeof answers)[number][1]>(answers);

const http1 = createServer((request, response) => {
  const type = request.headers['content-type'] ?? '';
  const answer = byPath.get(request.url)!;
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': type });
    response.end(type === 'application/json' ? answer.json : answer.proto);
  });
});

const http2 = createHttp2Server();
http2.on('stream', (stream, headers) => {
  const answer = byPath.get(headers[':path'])!;
  stream.resume().on('end', () => {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(answer.grpc);
  });
});

ready({ http1: await listen(http1), http2: await listen(http2) });
