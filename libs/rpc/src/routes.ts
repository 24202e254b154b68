import type { DescMethod, DescService, Registry } from '@bufbuild/protobuf';
import { createConnectRouter, type ConnectRouter, type ConnectRouterOptions } from '@connectrpc/connect';
import type { UniversalHandlerFn } from '@connectrpc/connect/protocol';
import { errorToJsonBytes } from '@connectrpc/connect/protocol-connect';
import type { Admission } from './admission.js';
import { methodPath, type RpcHandler } from './call.js';
import type { Cors } from './cors.js';
import type { DescribeError } from './failure.js';
import { acceptingGate, refusingGate } from './gate.js';
import { gzip } from './gzip.js';
import { inspecting, type RequestBounds } from './inspect-request.js';
import { checkJson } from './message-bounds.js';
import { collectingIgnored, noteIgnored } from './ignored.js';
import { streamImplementation, unaryImplementation } from './invoke.js';
import { MessageChecks } from './json/message.js';
import { JsonReader } from './json/reader.js';
import type { RpcLimits } from './limits.js';
import { plainErrorBytes, plainErrors } from './plain-violations.js';
import type { ServiceTraits, TraitsOf } from './service-traits.js';
import { callable, type Callable } from './transport-refusal.js';
import { UnaryCodec } from './unary/codec.js';
import { CallsInFlight } from './unary/in-flight.js';
import type { UnaryRoute } from './unary/route.js';

export interface Route {
  readonly handler: UniversalHandlerFn;
  readonly maxBytes: number;
  /** The client sends a stream of messages: they are passed on as they come. */
  readonly streamsRequests: boolean;
  readonly callable: Callable;
  /** Where it is not that of the server. */
  readonly cors?: Cors;
  /** How most calls of a unary method are served; without it the handler serves all. */
  readonly unary?: UnaryRoute;
}

export type Routes = ReadonlyMap<string, Route>;

/** What every route needs, whatever it serves. */
export interface RouteSetup {
  limits: RpcLimits;
  shutdownSignal: AbortSignal;
  /** Messages that JSON may hold inside a google.protobuf.Any. */
  registry: Registry;
  describeError: DescribeError;
  admission: Admission | undefined;
}

export interface RouteOptions extends RouteSetup {
  services: readonly DescService[];
  unaryFastPath: boolean;
  traits: TraitsOf;
  handle(method: DescMethod): RpcHandler | undefined;
}

export function connectOptions(setup: RouteSetup): ConnectRouterOptions {
  const { limits, shutdownSignal, registry } = setup;
  const jsonOptions = { registry, textDecoder: strictUtf8 };
  return {
    jsonOptions,
    acceptCompression: [gzip],
    compressMinBytes: limits.compressMinBytes,
    readMaxBytes: limits.requestBytes,
    shutdownSignal,
    requestGate: acceptingGate(setup, (method) => boundsFor(method, limits)),
  };
}

/** Looks every handler up once, so that a missing one is known before the first call. */
export function serviceRoutes(options: RouteOptions): Routes {
  const router = createConnectRouter(connectOptions(options));
  const methods = options.services.flatMap((service) => service.methods);
  checkOverrides(options.limits, methods);
  const checks = new MessageChecks(options.registry);
  const reader = ({ input }: DescMethod): JsonReader => new JsonReader(input, options.registry, checks);
  for (const method of methods) register(router, method, reader(method), options);
  const inFlight = new CallsInFlight(options.shutdownSignal);
  return new Map(
    router.handlers.map((handler) => {
      const { method, requestPath } = handler;
      const bounds = boundsFor(method, options.limits);
      const traits = options.traits(method.parent);
      const checked = collectingIgnored(inspecting(handler, method, bounds));
      const served = route(traits.plainViolations ? plainErrors(checked) : checked, method, options.limits);
      const codec = new UnaryCodec(method, reader(method), bounds, writing(traits, options));
      return [requestPath, { ...served, unary: unaryRoute(served, method, codec, options, inFlight) }];
    }),
  );
}

function unaryRoute(
  { handler: connectHandler }: Route,
  method: DescMethod,
  codec: UnaryCodec,
  options: RouteOptions,
  inFlight: CallsInFlight,
): UnaryRoute | undefined {
  const { limits, describeError, admission, unaryFastPath, handle } = options;
  const handler = unaryFastPath && method.methodKind === 'unary' ? handle(method) : undefined;
  if (!handler) return undefined;
  return {
    method,
    name: methodPath(method),
    handler,
    codec,
    connectHandler,
    bodyLimits: { maxBytes: maxBytesFor(method, limits), idleMs: limits.requestIdleMs },
    compressMinBytes: limits.compressMinBytes,
    describeError,
    inFlight,
    admission,
    errorBytes: options.traits(method.parent).plainViolations
      ? plainErrorBytes
      : (error) => errorToJsonBytes(error, undefined),
  };
}

export function route(handler: UniversalHandlerFn, method: DescMethod, limits: RpcLimits): Route {
  return {
    handler,
    maxBytes: maxBytesFor(method, limits),
    streamsRequests: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    callable: callable(method),
  };
}

function register(
  router: ConnectRouter,
  method: DescMethod,
  reader: JsonReader,
  options: RouteOptions,
): void {
  const handler = options.handle(method);
  const bounds = boundsFor(method, options.limits);
  const decode = (data: Uint8Array): string => {
    checkJson(data, bounds);
    return respell(reader, data);
  };
  const own = {
    readMaxBytes: bounds.maxBytes,
    jsonOptions: { textDecoder: { decode }, ...writing(options.traits(method.parent), options) },
  };
  if (handler === undefined) {
    const requestGate = refusingGate(options, (name) => `${name} is not implemented`);
    router.rpc(method, forKind(neverReached), { requestGate });
  } else if (method.methodKind === 'unary') {
    router.rpc(method, forKind(unaryImplementation(handler)), own);
  } else if (method.methodKind === 'server_streaming') {
    router.rpc(method, forKind(streamImplementation(handler)), own);
  } else {
    throw new Error(`${methodPath(method)}: streams of requests are not supported`);
  }
}

/** Connect decodes a request's text with what it is given, and then reads the text by itself. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** How answers of a service are written as JSON. */
function writing({ zerosInJson = false }: ServiceTraits, { registry }: RouteSetup) {
  return { registry, alwaysEmitImplicit: zerosInJson };
}

function respell(reader: JsonReader, data: Uint8Array): string {
  const { text, ignored } = reader.respell(data);
  noteIgnored(ignored);
  return text;
}

/** Stands behind a gate that refuses every call. */
export function neverReached(): never {
  throw new Error('the gate let a call through');
}

/** A DescMethod met at run time carries no kind in its type, so that no implementation fits it statically. */
function forKind(implementation: (...args: never[]) => unknown): never {
  return implementation as never;
}

function maxBytesFor(method: DescMethod, limits: RpcLimits): number {
  return limits.requestBytesFor[methodPath(method)] ?? limits.requestBytes;
}

function boundsFor(method: DescMethod, limits: RpcLimits): RequestBounds {
  const { requestDepth: depth, requestMembers: members, requestElements, requestElementsFor } = limits;
  const elements = requestElementsFor[methodPath(method)] ?? requestElements;
  const list = limits.requestListFor[methodPath(method)];
  return { maxBytes: maxBytesFor(method, limits), depth, elements, members, list };
}

function checkOverrides(limits: RpcLimits, methods: readonly DescMethod[]): void {
  const names = new Set(methods.map(methodPath));
  for (const name of Object.keys(limits.requestBytesFor)) {
    if (!names.has(name)) throw new Error(`requestBytesFor names ${name}, which is not served`);
  }
}
