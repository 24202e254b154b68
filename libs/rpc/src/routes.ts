import type { DescMethod, DescService } from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  createConnectRouter,
  type ConnectRouter,
  type ConnectRouterOptions,
} from '@connectrpc/connect';

import type { UniversalHandlerFn } from '@connectrpc/connect/protocol';
import { methodPath, type RpcHandler } from './call.js';
import { gzip } from './gzip.js';
import { streamImplementation, unaryImplementation, type UnexpectedErrorMapper } from './invoke.js';
import type { RpcLimits } from './limits.js';

export interface Route {
  readonly handler: UniversalHandlerFn;
  readonly maxBytes: number;
  /** The client sends a stream of messages: they are passed on as they come. */
  readonly streamsRequests: boolean;
}

export type Routes = ReadonlyMap<string, Route>;

export interface RouteOptions {
  services: readonly DescService[];
  handle(method: DescMethod): RpcHandler | undefined;
  onUnexpectedError: UnexpectedErrorMapper;
  limits: RpcLimits;
  shutdownSignal: AbortSignal;
}

export function connectOptions(limits: RpcLimits, shutdownSignal: AbortSignal): ConnectRouterOptions {
  return {
    acceptCompression: [gzip],
    compressMinBytes: limits.compressMinBytes,
    readMaxBytes: limits.requestBytes,
    shutdownSignal,
  };
}

/** Looks every handler up once, so that a missing one is known before the first call. */
export function serviceRoutes(options: RouteOptions): Routes {
  const router = createConnectRouter(connectOptions(options.limits, options.shutdownSignal));
  const methods = options.services.flatMap((service) => service.methods);
  checkOverrides(options.limits, methods);
  for (const method of methods) register(router, method, options);
  return new Map(
    router.handlers.map((handler) => [handler.requestPath, route(handler, handler.method, options.limits)]),
  );
}

export function route(handler: UniversalHandlerFn, method: DescMethod, limits: RpcLimits): Route {
  return {
    handler,
    maxBytes: maxBytesFor(method, limits),
    streamsRequests: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
  };
}

function register(router: ConnectRouter, method: DescMethod, options: RouteOptions): void {
  const handler = options.handle(method);
  const limit = { readMaxBytes: maxBytesFor(method, options.limits) };
  if (handler === undefined) {
    registerRefusal(router, method, `${methodPath(method).slice(1)} is not implemented`);
  } else if (method.methodKind === 'unary') {
    router.rpc(method, forKind(unaryImplementation(handler, options.onUnexpectedError)), limit);
  } else if (method.methodKind === 'server_streaming') {
    router.rpc(method, forKind(streamImplementation(handler, options.onUnexpectedError)), limit);
  } else {
    throw new Error(`${methodPath(method)}: streams of requests are not supported`);
  }
}

/** Refuses before it reads the body, whatever the body is. */
function registerRefusal(router: ConnectRouter, method: DescMethod, message: string): void {
  const refuse = (): never => {
    throw new ConnectError(message, Code.Unimplemented);
  };
  router.rpc(method, forKind(refuse), { requestGate: refuse });
}

/** A DescMethod met at run time carries no kind in its type, so that no implementation fits it statically. */
function forKind(implementation: (...args: never[]) => unknown): never {
  return implementation as never;
}

function maxBytesFor(method: DescMethod, limits: RpcLimits): number {
  return limits.requestBytesFor[methodPath(method)] ?? limits.requestBytes;
}

function checkOverrides(limits: RpcLimits, methods: readonly DescMethod[]): void {
  const names = new Set(methods.map(methodPath));
  for (const name of Object.keys(limits.requestBytesFor)) {
    if (!names.has(name)) throw new Error(`requestBytesFor names ${name}, which is not served`);
  }
}
