import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTO = join(import.meta.dirname, '../../../proto');
const STAND_INS = join(import.meta.dirname, 'protos');

export type Json = Record<string, unknown>;

export interface Outcome {
  response: Json;
  header: grpc.Metadata;
  trailer: grpc.Metadata;
}

/** A client that knows nothing of our code: grpc-js, with the protos read from disk. */
export class GrpcJsClient {
  readonly #client: grpc.Client;
  readonly #methods: Record<string, grpc.MethodDefinition<Json, Json>>;

  constructor(port: number, protoFile: string, service: string, options: grpc.ClientOptions = {}) {
    const definition = loadSync(protoFile, {
      includeDirs: [PROTO, STAND_INS],
      longs: String,
      enums: String,
      defaults: true,
    });
    const methods = definition[service];
    if (!methods || 'format' in methods) throw new Error(`${service} is no service of ${protoFile}`);
    // proto-loader types messages as object; with the options above they are plain JSON.
    this.#methods = methods as Record<string, grpc.MethodDefinition<Json, Json>>;
    this.#client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), options);
  }

  /** Rejects with grpc-js' ServiceError. `started` sees the call, to cancel it. */
  unary(
    name: string,
    request: Json,
    options: grpc.CallOptions & {
      metadata?: grpc.Metadata;
      started?: (call: grpc.ClientUnaryCall) => void;
    } = {},
  ): Promise<Outcome> {
    const { path, requestSerialize, responseDeserialize } = this.#method(name);
    return new Promise((resolve, reject) => {
      let header = new grpc.Metadata();
      let trailer = new grpc.Metadata();
      let response: Json | undefined;
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        options.metadata ?? new grpc.Metadata(),
        options,
        (error, value) => (error ? reject(error) : (response = value)),
      );
      call.on('metadata', (metadata: grpc.Metadata) => (header = metadata));
      call.on('status', (status: grpc.StatusObject) => {
        trailer = status.metadata;
        if (response) resolve({ response, header, trailer });
      });
      options.started?.(call);
    });
  }

  serverStream(name: string, request: Json): grpc.ClientReadableStream<Json> {
    const { path, requestSerialize, responseDeserialize } = this.#method(name);
    return this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  }

  bidiStream(name: string): grpc.ClientDuplexStream<Json, Json> {
    const { path, requestSerialize, responseDeserialize } = this.#method(name);
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  }

  close(): void {
    this.#client.close();
  }

  #method(name: string): grpc.MethodDefinition<Json, Json> {
    const method = this.#methods[name];
    if (!method) throw new Error(`no method ${name}`);
    return method;
  }
}
