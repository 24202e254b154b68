import { setTimeout as delay } from 'node:timers/promises';
import { create, isFieldSet, type DescMethod, type Message } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import {
  CountResponseSchema,
  EchoRequestSchema,
  EchoResponseSchema,
  EchoService,
  SleepResponseSchema,
  type CountRequest,
  type EchoRequest,
  type FailRequest,
  type SleepRequest,
} from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { RpcServer, type RpcCall, type RpcHandler, type RpcServerOptions } from '@dovecote/rpc';

/** An EchoService whose handlers a test can look into. */
export class EchoServer {
  readonly calls: RpcCall[] = [];
  /** Messages pulled out of Count by the transport. */
  pulled = 0;
  /** Count and Sleep handlers that have ended, for whatever reason. */
  ended = 0;
  readonly server: RpcServer;
  port = 0;

  constructor(options: Partial<RpcServerOptions> = {}) {
    this.server = new RpcServer({
      services: [EchoService],
      handle: (method) => this.#handler(method),
      ...options,
      limits: { requestBytes: 256 * 1024, ...options.limits },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    this.port = (await this.server.listen({ port: 0, host: '127.0.0.1' })).port;
    return this;
  }

  stop(): Promise<void> {
    return this.server.close(0);
  }

  get lastCall(): RpcCall {
    const call = this.calls.at(-1);
    if (!call) throw new Error('no call arrived');
    return call;
  }

  // Each request is of the type that its method declares; the transport's handler type is for all of them.
  #handler(method: DescMethod): RpcHandler | undefined {
    const handlers: Record<string, RpcHandler> = {
      Echo: (request, call) => this.#echo(request as EchoRequest, call),
      Fail: (request, call) => this.#fail(request as FailRequest, call),
      Sleep: (request, call) => this.#sleep(request as SleepRequest, call),
      Count: (request, call) => this.#count(request as CountRequest, call),
    };
    return handlers[method.name];
  }

  async #echo(received: EchoRequest, call: RpcCall): Promise<Message> {
    const { text, data, number, at } = received;
    this.calls.push(call);
    if (text === 'unexpected') throw new Error('a secret cause');
    for (const [name, value] of call.header) {
      if (name.startsWith('x-echo-')) {
        call.responseHeader.set(name, value);
        call.responseTrailer.set(`x-trailer-${name.slice('x-echo-'.length)}`, value);
      }
    }
    // Only where the other fields do not say it all: most tests count bytes.
    const more = EchoRequestSchema.fields.slice(4).some((field) => isFieldSet(received, field));
    return create(EchoResponseSchema, { text, data, number, at, received: more ? received : undefined });
  }

  async #fail({ code, message }: FailRequest, call: RpcCall): Promise<Message> {
    this.calls.push(call);
    // As careless code would shorten what it quotes.
    throw new ConnectError(
      message.startsWith('cut') ? message.slice(0, -1) : message,
      code,
      { 'x-fail': 'yes' },
      [
        {
          desc: ErrorInfoSchema,
          value: { reason: 'ASKED_FOR', domain: 'dovecote', metadata: { why: 'test' } },
        },
      ],
    );
  }

  async #sleep({ milliseconds }: SleepRequest, call: RpcCall): Promise<Message> {
    this.calls.push(call);
    try {
      await delay(milliseconds, undefined, { signal: call.signal });
      return create(SleepResponseSchema);
    } finally {
      this.ended++;
    }
  }

  async *#count({ to, payload }: CountRequest, call: RpcCall): AsyncIterable<Message> {
    this.calls.push(call);
    call.responseHeader.set('x-count', String(to));
    call.responseTrailer.set('x-done', 'yes');
    try {
      for (let number = 1; number <= to; number++) {
        this.pulled++;
        yield create(CountResponseSchema, { number, payload });
      }
    } finally {
      this.ended++;
    }
  }
}

/** Waits for a condition that no event announces. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}
