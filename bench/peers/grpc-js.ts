// @grpc/grpc-js with @grpc/proto-loader, as its own documentation sets it up.
import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';
import { methodDefinition, packageDefinition, plainAnswer } from './grpc-definition.js';
import { readAnswers, ready } from './peer.js';

const answers = readAnswers();
const definition = packageDefinition(answers);
const server = new Server();
for (const answer of answers) {
  const { parent, name } = answer.method;
  const message = plainAnswer(definition, answer);
  const handle: handleUnaryCall<object, object> = (_call, callback) => callback(null, message);
  server.addService({ [name]: methodDefinition(definition, parent.typeName, name) }, { [name]: handle });
}
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  ready({ http2: port });
});
