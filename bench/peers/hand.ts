// A server written by hand for the five calls: node:http with JSON and @grpc/grpc-js, plain pg, the statements and answers
// of the product. No guard, no throttle, no validation, no row-level security.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';
import { answersOf, type HandWorld } from './hand/answers.js';
import { jsonForm, protoForm } from './hand/messages.js';
import { methodDefinition, packageDefinition } from './grpc-definition.js';
import { listen } from './listen.js';
import { ready } from './peer.js';
import { pathOf } from '../support/calls.js';

const world = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as HandWorld;
const answers = answersOf(world);

const http = createServer((request, response) => {
  const answer = answers.find(({ method }) => pathOf(method) === request.url)!.answer;
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    answer(JSON.parse(body) as Record<string, unknown>, jsonForm).then(
      (message) => {
        const text = JSON.stringify(message);
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        });
        response.end(text);
      },
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
});

const definition = packageDefinition(answers);
const grpc = new Server();
for (const { method, answer } of answers) {
  const handle: handleUnaryCall<Record<string, unknown>, object> = ({ request }, callback) => {
    answer(request, protoForm).then(
      (message) => callback(null, message),
      (error: Error) => callback(error),
    );
  };
  const { parent, name } = method;
  grpc.addService({ [name]: methodDefinition(definition, parent.typeName, name) }, { [name]: handle });
}

const http1 = await listen(http);
grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, http2) => {
  if (error) throw error;
  ready({ http1, http2 });
});
