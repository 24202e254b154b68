import { IncomingMessage } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createRegistry, type DescFile, type DescMethod, type DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, createConnectRouter } from '@connectrpc/connect';
import { ServerReflection } from '@dovecote/contract/grpc/reflection/v1/reflection_pb';
import { ServerReflection as AlphaReflection } from '@dovecote/contract/grpc/reflection/v1alpha/reflection_pb';
import { Health } from '@dovecote/contract/grpc/health/v1/health_pb';
import type { Admission } from './admission.js';
import { answerFields } from './answer-fields.js';
import { methodPath, type Peer, type RpcHandler } from './call.js';
import { clientAddress, type ClientAddress, proxyTrust } from './client-address.js';
import { Cors, type CorsOptions } from './cors.js';
import { serveRoute } from './exchange.js';
import type { DescribeError } from './failure.js';
import { openGate } from './gate.js';
import { HealthChecks } from './health.js';
import { defaultLimits, type RpcLimits } from './limits.js';
import { comesTooLate } from './lingering-close.js';
import { Listener, type ListenOptions, type TlsOptions } from './listener.js';
import {
  headerListBytes,
  isHttp1,
  originForm,
  pathOf,
  setFields,
  type NodeRequest,
  type NodeResponse,
} from './node-http.js';
import { Reflection } from './reflection.js';
import { refusingRoute } from './refusing-route.js';
import { connectOptions, route, serviceRoutes, type Route, type Routes, type RouteSetup } from './routes.js';
import { headerTooLarge, notFound, transportRefusal, type TransportRefusal } from './transport-refusal.js';
import { UnaryCall } from './unary/call.js';
import { Http1Exchange } from './unary/http1-exchange.js';
import { Http2Exchange } from './unary/http2-exchange.js';
import { fastPathFormat } from './unary/route.js';
import { noTraits, type ServiceTraits, type TraitsOf } from './service-traits.js';
import { isRpcPath, unknownRpc } from './unknown-rpc.js';

export interface RpcServerOptions {
  /** What is served and listed by reflection. */
  services: readonly DescService[];
  traits?: TraitsOf;
  /** What reflection and JSON know besides the files of the services: types of error details, say. */
  reflectedFiles?: readonly DescFile[];
  /** Asked once for every method at start; without a handler the method answers UNIMPLEMENTED. */
  handle(method: DescMethod): RpcHandler | undefined;
  /** Everything that is no RPC; without it such requests get 404. */
  fallback?: (request: NodeRequest, response: NodeResponse) => void;
  limits?: Partial<RpcLimits>;
  cors?: CorsOptions;
  tls?: TlsOptions;
  /** Asked for the names of the services and for '', the server as a whole. */
  isServing?: (service: string) => boolean | Promise<boolean>;
  /**
   * Sees every error that leaves without a handler having chosen it, once: of reading and parsing, of unknown
   * methods, of deadlines, cancellation and shutdown, and "internal error", whose cause is what a handler threw.
   */
  describeError?: DescribeError;
  /** Asked before the body of a call is read; health and reflection are open to everybody. */
  admission?: Admission;
  /** Addresses and CIDR blocks whose X-Forwarded-For is believed. */
  trustedProxies?: readonly string[];
  /** Off for tests only, which compare it with Connect's own handlers. */
  unaryFastPath?: boolean;
}

/** Health is asked by name, and so is reflection. */
const BUILT_IN_BYTES = 16 * 1024;

/** Time for last answers to leave after the grace period. */
const FLUSH_MS = 250;

/** Serves Connect, gRPC and gRPC-Web, health and reflection, and hands other requests to the fallback. */
export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #limits: RpcLimits;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #unknown: (request: NodeRequest) => Route | undefined;
  readonly #refuse: (refusal: TransportRefusal) => Route;
  readonly #cors: Cors | undefined;
  readonly #clientAddress: ClientAddress;
  readonly #isProxy: (socketAddress: string | undefined) => boolean;
  readonly #listeners: Listener[] = [];
  readonly #http1InFlight = new Set<NodeResponse>();
  readonly #draining = new AbortController();
  readonly #shutdown = new AbortController();

  constructor(options: RpcServerOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    const setup: RouteSetup = {
      limits: this.#limits,
      shutdownSignal: this.#shutdown.signal,
      registry: createRegistry(
        ...options.services.map(({ file }) => file),
        ...(options.reflectedFiles ?? []),
      ),
      describeError: options.describeError ?? ((error) => error),
      admission: options.admission,
    };
    const { services, traits = noTraits, unaryFastPath = true } = options;
    const handle = (method: DescMethod): RpcHandler | undefined => options.handle(method);
    const own = serviceRoutes({ ...setup, services, traits, unaryFastPath, handle });
    this.#unknown = unknownRpc(setup);
    this.#refuse = (refusal) => refusingRoute(refusal, setup);
    this.#cors = options.cors && new Cors(options.cors);
    this.#routes = new Map([...this.#asTheirServices(own), ...this.#builtInRoutes(setup)]);
    this.#clientAddress = clientAddress(options.trustedProxies ?? []);
    this.#isProxy = proxyTrust(options.trustedProxies ?? []);
  }

  /** May be called again for further ports. */
  async listen(options: ListenOptions): Promise<AddressInfo> {
    const { name = 'public', tls = this.#options.tls } = options;
    const listener = new Listener(this.#limits, tls === false ? undefined : tls, {
      onRequest: (request, response) => this.#onRequest(request, response, name),
      onStream: (stream, header, rawHeader, remoteAddress) =>
        this.#onStream(stream, header, rawHeader, remoteAddress, name),
    });
    const address = await listener.listen(options);
    this.#listeners.push(listener);
    return address;
  }

  /** HTTP/2 streams that hold a slot of their connection, on every port. */
  get openStreams(): number {
    return this.#listeners.reduce((sum, { openStreams }) => sum + openStreams, 0);
  }

  /** Waits for calls in flight, at most this long, then aborts their signals and closes every connection. */
  async close(graceMs: number): Promise<void> {
    // Health first: a load balancer that asks now must not send more.
    this.#draining.abort();
    for (const response of this.#http1InFlight) closeAfter(response);
    const drained = Promise.all(this.#listeners.map((listener) => listener.drain()));
    if (!(await within(drained, graceMs))) {
      this.#shutdown.abort(new ConnectError('server is shutting down', Code.Unavailable));
      await within(drained, FLUSH_MS);
      for (const listener of this.#listeners) listener.destroy();
    }
    await drained;
  }

  /** The routes of each service with its own rules for pages, and under its further paths. */
  #asTheirServices(own: Routes): Routes {
    const { services, traits = noTraits, cors } = this.#options;
    const anyPage = cors && new Cors(cors, true);
    const entries = services.flatMap((service) =>
      service.methods.flatMap((method): [string, Route][] => {
        const path = methodPath(method);
        const route = own.get(path);
        if (!route) return [];
        const { anyOrigin, pathPrefixes = [] }: ServiceTraits = traits(service);
        const served = anyOrigin ? { ...route, cors: anyPage } : route;
        return ['', ...pathPrefixes.map((prefix) => `/${prefix}`)].map((prefix) => [prefix + path, served]);
      }),
    );
    return new Map(entries);
  }

  #builtInRoutes(setup: RouteSetup): ReadonlyMap<string, Route> {
    const services = [...this.#options.services, Health, ServerReflection, AlphaReflection];
    const draining = this.#draining.signal;
    const router = createConnectRouter({
      ...connectOptions(setup),
      requestGate: openGate(setup.describeError),
      readMaxBytes: BUILT_IN_BYTES,
    });
    const isServing = this.#options.isServing ?? ((): boolean => true);
    new HealthChecks({
      services: this.#options.services.map((s) => s.typeName),
      isServing,
      draining,
    }).register(router);
    new Reflection(services, this.#options.reflectedFiles ?? [], draining).register(router);
    const limits = { ...this.#limits, requestBytes: BUILT_IN_BYTES };
    return new Map(router.handlers.map((h) => [h.requestPath, route(h, h.method, limits)]));
  }

  #onRequest(request: NodeRequest, response: NodeResponse, listener: string): void {
    // Without a listener an 'error' event would end the process; 'close' follows and is handled.
    request.on('error', ignore);
    response.on('error', ignore);
    if (isHttp1(response)) {
      if (comesTooLate(response)) return;
      this.#trackHttp1(response);
    }
    request.url = originForm(request.url ?? '/');
    if (headerListBytes(request.rawHeaders) > this.#limits.headerBytes) {
      return this.#serve(this.#refuse(headerTooLarge), request, response, listener);
    }
    const path = pathOf(request.url ?? '');
    const found = this.#routes.get(path) ?? this.#unknown(request);
    if (found && this.#servedDirectly(found, request, response, listener)) return;
    if (!found && !isRpcPath(path)) {
      if (this.#options.fallback) this.#options.fallback(request, response);
      else answerNotFound(response);
      return;
    }
    const cors = found?.cors ?? this.#cors;
    if (cors?.isPreflight(request)) return cors.answerPreflight(request, response);
    setFields(response, answerFields(cors, request.headers.origin));
    const route = found ? this.#orRefusing(found, request) : this.#refuse(notFound);
    this.#serve(route, request, response, listener);
  }

  #orRefusing(route: Route, request: NodeRequest): Route {
    const refusal = transportRefusal(route.callable, request);
    return refusal ? this.#refuse(refusal) : route;
  }

  #serve(route: Route, request: NodeRequest, response: NodeResponse, listener: string): void {
    const peer = this.#peer(request.socket.remoteAddress, request.headers, listener);
    void serveRoute(route, request, response, peer, this.#limits);
  }

  #servedDirectly(
    { unary, cors = this.#cors }: Route,
    request: NodeRequest,
    response: NodeResponse,
    listener: string,
  ): boolean {
    if (!unary || !(request instanceof IncomingMessage) || !isHttp1(response)) return false;
    const { headers, socket } = request;
    const format = fastPathFormat(unary, request.method, headers);
    // gRPC over HTTP/1.1 must announce its trailers; it is rare, so connect's own handler serves it.
    if (!format || format.protocol.name === 'grpc') return false;
    const peer = this.#peer(socket.remoteAddress, headers, listener);
    const exchange = new Http1Exchange(
      request,
      response,
      peer,
      answerFields(cors, headers.origin),
      this.#limits,
    );
    new UnaryCall(unary, exchange, format).start();
    return true;
  }

  #onStream(
    stream: ServerHttp2Stream,
    header: IncomingHttpHeaders,
    rawHeader: readonly string[],
    remoteAddress: string | undefined,
    listener: string,
  ): boolean {
    const { unary, cors = this.#cors } = this.#routes.get(pathOf(header[':path'] ?? '')) ?? {};
    if (!unary || headerListBytes(rawHeader) > this.#limits.headerBytes) return false;
    const format = fastPathFormat(unary, header[':method'], header);
    if (!format) return false;
    stream.on('error', ignore);
    const peer = this.#peer(remoteAddress, header, listener);
    const exchange = new Http2Exchange(stream, header, peer, answerFields(cors, header.origin), this.#limits);
    new UnaryCall(unary, exchange, format).start();
    return true;
  }

  #peer(remoteAddress: string | undefined, header: IncomingHttpHeaders, listener: string): Peer {
    const forwardedFor = header['x-forwarded-for'];
    const claims = Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor;
    const address = this.#clientAddress(remoteAddress, claims);
    return { address, proxied: this.#isProxy(remoteAddress), listener };
  }

  #trackHttp1(response: NodeResponse): void {
    if (this.#draining.signal.aborted) closeAfter(response);
    this.#http1InFlight.add(response);
    response.on('close', () => this.#http1InFlight.delete(response));
  }
}

function ignore(): void {}

function answerNotFound(response: NodeResponse): void {
  response.statusCode = 404;
  response.end();
}

/** Ends an HTTP/1.1 connection after the answer, also when its headers are already gone. */
function closeAfter(response: NodeResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
  const { socket } = response;
  response.once('close', () => socket?.end());
}

async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const done = work.then(() => true);
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
