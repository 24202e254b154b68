import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { Injectable } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import {
  type CallHead,
  type ListenOptions,
  type RpcCall,
  type RpcHandler,
  RpcServer,
  type RpcServerOptions,
} from '@dovecote/rpc';
import { file_google_rpc_error_details } from '@dovecote/contract/google/rpc/error_details_pb';
import { isObservable, lastValueFrom } from 'rxjs';
import { accessTable, methodName } from '../access/index.js';
import type { Scopes } from '../scope/index.js';
import type { CallRecord, CallRecords, RecordedCall } from '../telemetry/call-records.js';
import { requestContext } from '../telemetry/request-context.js';
import { inSpan } from '../telemetry/tracing.js';
import { AddressThrottle } from '../throttle/address-throttle.js';
import { admit, type AdmissionStep } from '../pipeline/admission.js';
import { Call, warningHeader } from '../pipeline/call.js';
import { accessDefects } from './startup-checks.js';
import { connectTransport } from './rpc.decorator.js';
import { ErrorExit } from './error-exit.js';
import { warningOf } from './ignored-fields.js';
import { LocalCall, type LocalCaller } from './local-call.js';

export interface Address {
  host: string;
  port: number;
}

/** Where the server listens. */
interface Listeners {
  public?: Address;
  internal?: Address & ListenOptions;
  /** Milliseconds that calls in flight get when the server stops. */
  graceMs: number;
}

export type ConnectStrategyOptions = Listeners & {
  /** Told of every call that sent fields which were ignored, though they are near known ones. */
  onIgnoredFields?: (call: Call, warning: string) => void;
} & Omit<RpcServerOptions, 'reflectedFiles' | 'handle' | 'describeError' | 'fallback' | 'admission'>;

/** A call on its way from its admission to its handler. */
interface Admitted {
  readonly call: Call;
  readonly record: CallRecord;
}

/**
 * Nest's transport: every RPC is a Nest message handler, so Nest's guards, pipes and filters run on it, while
 * libs/rpc speaks Connect, gRPC and gRPC-Web.
 */
@Injectable()
export class ConnectStrategy extends Server implements CustomTransportStrategy {
  override readonly transportId = connectTransport;
  private server: RpcServer | undefined;
  private http: RpcServerOptions['fallback'];
  private steps: readonly AdmissionStep[] = [];
  /** What is known of a call once it is admitted, for its handler. */
  private readonly admitted = new WeakMap<RpcCall, Admitted>();
  private listening: { public?: Address; internal?: Address } | undefined;

  constructor(
    private readonly options: ConnectStrategyOptions,
    private readonly scopes: Scopes,
    private readonly exit: ErrorExit,
    private readonly records: CallRecords,
    private readonly throttle: AddressThrottle,
  ) {
    super();
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      const defects = accessDefects([...this.getHandlers().keys()]);
      if (defects.length > 0) throw new Error(`The server will not start. ${defects.join(' ')}`);
      const server = new RpcServer({
        ...this.options,
        reflectedFiles: [file_google_rpc_error_details],
        fallback: this.http,
        handle: (method) => this.handlerOf(method),
        describeError: (error, call) => this.exit.describe(error, call),
        admission: { admit: (call) => this.admit(call), turnAway: (call) => this.turnAway(call) },
      });
      this.server = server;
      const { public: main, internal } = this.options;
      this.listening = {
        public: main && (await listen(server, { ...main, name: 'public' })),
        internal: internal && (await listen(server, { ...internal, name: 'internal' })),
      };
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Plain HTTP requests on the same port go there; set before listening. */
  serveHttp(http: RpcServerOptions['fallback']): void {
    this.http = http;
  }

  /** What every call has to pass before its body is read; set before listening. */
  admitBy(steps: readonly AdmissionStep[]): void {
    this.steps = steps;
  }

  async close(): Promise<void> {
    await this.server?.close(this.options.graceMs);
  }

  /** The bound addresses, once listening. */
  get bound(): { public?: Address; internal?: Address } {
    if (!this.listening) throw new Error('The server does not listen yet.');
    return this.listening;
  }

  /**
   * Makes a unary call as a client would, through the whole pipeline; throws ConnectError as a client would get it.
   * For pages that the server makes itself.
   */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    caller: LocalCaller,
  ): Promise<MessageShape<O>> {
    const handler = this.getHandlerByPattern(methodName(method));
    if (!handler) throw new Error(`${methodName(method)} is not served.`);
    const rpc = new LocalCall(method, caller);
    await this.admit(rpc);
    const answer = await this.unary(handler, create(method.input, request), rpc);
    // The decorator holds every handler to the shape of its response.
    return create(method.output, answer as MessageInitShape<O>);
  }

  on(): void {
    throw new Error('This transport does not emit events.');
  }

  unwrap<T>(): T {
    // Nest's signature leaves the type to the caller.
    return this.server as T;
  }

  private handlerOf(method: DescMethod): RpcHandler | undefined {
    const name = methodName(method);
    const handler = this.getHandlerByPattern(name);
    if (!handler || !accessTable.has(name)) return undefined;
    return method.methodKind === 'server_streaming'
      ? (request, rpc) => this.stream(handler, request, rpc)
      : (request, rpc) => this.unary(handler, request, rpc);
  }

  private admit(rpc: RpcCall): void | Promise<void> {
    const access = accessTable.get(rpc.name);
    if (!access) throw new Error(`${rpc.name} has no row in the access table.`);
    const call = new Call(rpc, access, this.scopes);
    const record = this.records.begin(recorded(call));
    this.admitted.set(rpc, { call, record });
    const refuse = (error: unknown): never => {
      const refusal = this.exit.convert(error, rpc.name, call, record.traceId);
      record.end(refusal.code);
      throw refusal;
    };
    try {
      return requestContext.run({ requestId: call.requestId }, admit, this.steps, call)?.catch(refuse);
    } catch (error) {
      return refuse(error);
    }
  }

  /** A call of an unknown method takes a token of its address, like any other call without a credential. */
  private async turnAway(call: CallHead): Promise<void> {
    if (call.listener === 'internal') return;
    try {
      await this.throttle.take(call.address);
    } catch (error) {
      throw this.exit.refuse(error, call);
    }
  }

  private opened(rpc: RpcCall): Admitted {
    const admitted = this.admitted.get(rpc.admittedAs ?? rpc);
    if (!admitted) throw new Error(`${rpc.name} was not admitted.`);
    const warning = warningOf(rpc.ignored);
    if (warning !== undefined) {
      rpc.responseHeader.append(warningHeader, warning);
      this.options.onIgnoredFields?.(admitted.call, warning);
    }
    return admitted;
  }

  private async unary(handler: MessageHandler, request: Message, rpc: RpcCall): Promise<object> {
    const { call, record } = this.opened(rpc);
    try {
      const response = await inSpan(record.span, () => finish(handler, request, call));
      record.end();
      // The decorator holds every handler to the shape of its response.
      return response as object;
    } catch (error) {
      await call.rollback();
      const refusal = this.exit.convert(error, rpc.name, call, record.traceId);
      record.end(refusal.code);
      throw refusal;
    }
  }

  /** Pulled by the transport as the client reads: a slow client slows the producer, and holds its scope. */
  private async *stream(handler: MessageHandler, request: Message, rpc: RpcCall): AsyncIterable<Message> {
    const { call, record } = this.opened(rpc);
    try {
      yield* (await inSpan(record.span, () => result(handler, request, call))) as AsyncIterable<Message>;
      await call.commit();
      record.end();
    } catch (error) {
      const refusal = this.exit.convert(error, rpc.name, call, record.traceId);
      record.end(refusal.code);
      throw refusal;
    } finally {
      // Also when the client goes away in the middle.
      record.end(Code.Canceled);
      await call.rollback();
    }
  }
}

async function listen(server: RpcServer, options: Address & ListenOptions): Promise<Address> {
  const { port } = await server.listen(options);
  return { host: options.host, port };
}

/** Answer and commit, as one piece of work. */
async function finish(handler: MessageHandler, request: Message, call: Call): Promise<unknown> {
  const response = await result(handler, request, call);
  await call.commit();
  return response;
}

function recorded(call: Call): RecordedCall {
  const { rpc, requestId } = call;
  return {
    method: rpc.name,
    protocol: rpc instanceof LocalCall ? 'page' : rpc.protocol,
    address: rpc.address,
    requestId,
    header: rpc.header,
    responseHeader: rpc.responseHeader,
    caller: () => call.caller.kind,
  };
}

async function result(handler: MessageHandler, request: Message, call: Call): Promise<unknown> {
  const answer: unknown = await requestContext.run({ requestId: call.requestId }, handler, request, call);
  // Only what Nest's filter made of an error.
  return isObservable(answer) ? lastValueFrom(answer) : answer;
}
