// Our own transport without Nest, guards and database: what of Dovecote's cost is the transport's.
import { RpcServer } from '@dovecote/rpc';
import { readAnswers, ready } from './peer.js';

const answers = new Map(readAnswers().map(({ method, message }) => [method, message]));
const server = new RpcServer({
  services: [...new Set([...answers.keys()].map((method) => method.parent))],
  handle(method) {
    const message = answers.get(method);
    return message && (() => Promise.resolve(message));
  },
});
const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
ready({ http1: port, http2: port });
