// The four protocols that the demo uses.
import { createClient } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';

const protocols = {
  'Connect JSON': (options) =>
    createConnectTransport({ ...options, httpVersion: '1.1', useBinaryFormat: false }),
  'Connect binary': (options) => createConnectTransport({ ...options, httpVersion: '1.1' }),
  gRPC: (options) => createGrpcTransport(options),
  'gRPC-Web': (options) => createGrpcWebTransport({ ...options, httpVersion: '1.1' }),
};

/** Clients of one caller: over one protocol, with one credential and further headers. */
export function connect(baseUrl, protocol, credential, headers = {}) {
  const authorize = (next) => (request) => {
    if (credential) request.header.set('authorization', `Bearer ${credential}`);
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    return next(request);
  };
  const transport = protocols[protocol]({ baseUrl, interceptors: [authorize] });
  return (service) => createClient(service, transport);
}
