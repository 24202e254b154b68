// @connectrpc/connect-node alone: its router behind node:http and node:http2.
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { listen } from './listen.js';
import { readAnswers, ready } from './peer.js';

const answers = readAnswers();

function routes(router: ConnectRouter): void {
  for (const { method, message } of answers) {
    // A method met at run time carries no kind in its type, so that no implementation fits it statically.
    router.rpc(method, (() => message) as never);
  }
}

const handler = connectNodeAdapter({ routes });
ready({ http1: await listen(createServer(handler)), http2: await listen(createHttp2Server(handler)) });
