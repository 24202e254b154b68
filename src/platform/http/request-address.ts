import type { IncomingHttpHeaders } from 'node:http';
import { clientAddress } from '@dovecote/rpc';

/** What is read of a plain HTTP request; Fastify's has more. */
export interface AddressedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string };
}

/** The client address of plain HTTP requests, determined as for calls. */
export function requestAddress(trustedProxies: readonly string[]): (request: AddressedRequest) => string {
  const addressOf = clientAddress(trustedProxies);
  return ({ headers, socket }) => {
    const forwarded = headers['x-forwarded-for'];
    return addressOf(socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join(',') : forwarded);
  };
}
