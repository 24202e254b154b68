import { readFile } from 'node:fs/promises';
import {
  type DescMethodServerStreaming,
  type DescService,
  fromBinary,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { type ChannelCredentials, credentials, Metadata, type ServiceDefinition } from '@grpc/grpc-js';
import { ClientGrpcProxy } from '@nestjs/microservices';
import { fromEvent, lastValueFrom, NEVER, type Observable, takeUntil, toArray } from 'rxjs';
import type { Config } from '../config/index.js';
import { fromSibling } from './sibling-error.js';
import { requestIdHeader } from '../telemetry/request-id.js';

export interface SiblingCall {
  requestId: string;
  signal?: AbortSignal;
  /** Milliseconds until an answer comes too late. */
  timeoutMs: number;
}

/** A restarting sibling is back within seconds; the calling code decides what to do when it takes longer. */
const serviceConfig = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 5,
        initialBackoff: '0.2s',
        maxBackoff: '2s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
};

const channelOptions = {
  'grpc.service_config': JSON.stringify(serviceConfig),
  'grpc.service_config_disable_resolution': 1,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
  // A peer that vanished without a word is noticed while a call waits for it.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
};

type StreamingCall = (request: object, metadata: Metadata, options: { deadline: Date }) => Observable<object>;

/** Calls one service of another process of this installation, on its internal listener. */
export class SiblingClient {
  private constructor(
    private readonly service: DescService,
    private readonly client: ClientGrpcProxy,
    private readonly secret: string | undefined,
  ) {}

  static async create(
    service: DescService,
    url: string,
    { tls, secret }: Config['internal'],
  ): Promise<SiblingClient> {
    const { host, protocol } = new URL(url);
    const secure = protocol === 'https:';
    const client = new ClientGrpcProxy({
      url: host,
      package: service.typeName.slice(0, -service.name.length - 1),
      packageDefinition: { [service.typeName]: definitionOf(service) },
      credentials: secure && tls ? await mutualTls(tls) : credentials.createInsecure(),
      channelOptions,
    });
    return new SiblingClient(service, client, secure ? undefined : secret);
  }

  /** All messages of the answer. Whatever keeps the sibling from answering is `unavailable`. */
  async collect<M extends DescMethodServerStreaming>(
    method: M,
    request: MessageShape<M['input']>,
    { requestId, signal, timeoutMs }: SiblingCall,
  ): Promise<MessageShape<M['output']>[]> {
    const metadata = new Metadata();
    metadata.set(requestIdHeader, requestId);
    if (this.secret) metadata.set('authorization', `Bearer ${this.secret}`);
    // Nest makes its functions of the definition that it was given.
    const call = this.client.getService<Record<string, StreamingCall>>(this.service.name)[method.name];
    if (!call) throw new Error(`${this.service.typeName} has no method ${method.name}.`);
    const answers = call(request, metadata, { deadline: new Date(Date.now() + timeoutMs) });
    const all = await lastValueFrom(answers.pipe(takeUntil(abortOf(signal)), toArray())).catch(
      (error: unknown) => Promise.reject(fromSibling(error, this.service)),
    );
    signal?.throwIfAborted();
    // What the definition below has parsed.
    return all as MessageShape<M['output']>[];
  }

  close(): void {
    this.client.close();
  }
}

async function mutualTls(files: NonNullable<Config['internal']['tls']>): Promise<ChannelCredentials> {
  const [authority, key, cert] = await Promise.all([
    readFile(files.caFile),
    readFile(files.keyFile),
    readFile(files.certFile),
  ]);
  return credentials.createSsl(authority, key, cert);
}

/** As @grpc/grpc-js wants it, with our generated code in place of a second reading of the proto files. */
function definitionOf(service: DescService): ServiceDefinition {
  return Object.fromEntries(
    service.methods.map(({ name, localName, input, output, methodKind }) => [
      name,
      {
        path: `/${service.typeName}/${name}`,
        originalName: localName,
        requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
        responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
        requestSerialize: (message: MessageShape<typeof input>) => Buffer.from(toBinary(input, message)),
        requestDeserialize: (bytes: Buffer) => fromBinary(input, bytes),
        responseSerialize: (message: MessageShape<typeof output>) => Buffer.from(toBinary(output, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(output, bytes),
      },
    ]),
  );
}

function abortOf(signal: AbortSignal | undefined): Observable<unknown> {
  return signal ? fromEvent(signal, 'abort') : NEVER;
}
