import type { DescMethod, Message } from '@bufbuild/protobuf';
import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import { ignoredFields } from './ignored.js';
import type { IgnoredField } from './json/findings.js';

export type RpcProtocol = 'connect' | 'grpc' | 'grpc-web';

/** Everything a handler may know about the wire. */
export interface RpcCall {
  readonly method: DescMethod;
  /** `/pidgr.v1.RoleService/ListRoles` */
  readonly name: string;
  readonly header: Headers;
  /** A streaming handler sets these before its first message. */
  readonly responseHeader: Headers;
  readonly responseTrailer: Headers;
  /** Aborted when the client cancels, the deadline passes, the server is forced down, or a stream is over. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly deadline?: number;
  readonly protocol: RpcProtocol;
  /** Whether the messages of the call are JSON. */
  readonly json: boolean;
  /** Fields of the JSON that were passed over although they are near known ones. */
  readonly ignored: readonly IgnoredField[];
  /** The first value of a parameter in the query of the URL. It may be a credential: the URL is written nowhere. */
  queryParameter(name: string): string | undefined;
  /** The client's address; from X-Forwarded-For only when a trusted proxy sent it. */
  readonly address: string;
  /** A trusted proxy sent the call: what it says about the client in other headers may be believed. */
  readonly proxied: boolean;
  /** Name of the listener that accepted the call. */
  readonly listener: string;
  /** The same call as it was when it was admitted, if its body was then given to another way of reading it. */
  readonly admittedAs?: RpcCall;
}

/** A unary method answers with a promise, a server-streaming one with an iterable that is pulled lazily. */
export type RpcHandler = (
  request: Message,
  call: RpcCall,
) => Promise<Message | object> | AsyncIterable<Message>;

export interface Peer {
  readonly address: string;
  readonly proxied: boolean;
  readonly listener: string;
}

export const peerKey = createContextKey<Peer>({ address: '', proxied: false, listener: '' });

export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

export function rpcCall(context: HandlerContext): RpcCall {
  const peer = context.values.get(peerKey);
  const remaining = context.timeoutMs();
  return {
    method: context.method,
    name: methodPath(context.method),
    header: context.requestHeader,
    responseHeader: context.responseHeader,
    responseTrailer: context.responseTrailer,
    signal: context.signal,
    deadline: remaining === undefined ? undefined : Date.now() + remaining,
    // Typed as string upstream; only the three protocols that the router enables can occur.
    protocol: context.protocolName as RpcProtocol,
    json: isJson(context),
    ignored: ignoredFields(),
    queryParameter: (name) => queryParameterOf(context.url, name),
    address: peer.address,
    proxied: peer.proxied,
    listener: peer.listener,
  };
}

export function queryParameterOf(url: string, name: string): string | undefined {
  const query = url.indexOf('?');
  return query === -1 ? undefined : (new URLSearchParams(url.slice(query)).get(name) ?? undefined);
}

function isJson({ requestMethod, requestHeader, url }: HandlerContext): boolean {
  if (requestMethod === 'GET') return new URL(url).searchParams.get('encoding') === 'json';
  return /\bjson\b/i.test(requestHeader.get('content-type') ?? '');
}
