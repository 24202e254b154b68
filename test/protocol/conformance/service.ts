import { setTimeout as delay } from 'node:timers/promises';
import type { DescMessage, DescMethod, Message } from '@bufbuild/protobuf';
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import { ConnectError } from '@connectrpc/connect';
import type { RpcCall, RpcHandler } from '@dovecote/rpc';
import type { Contract, ErrorDefinition, Header, StreamRequest, UnaryRequest } from './contract.js';

/** ConformanceService: answers as each request says, and tells what it saw of the request. */
export class ConformanceHandlers {
  private readonly contract: Contract;

  constructor(contract: Contract) {
    this.contract = contract;
  }

  handler(method: DescMethod): RpcHandler | undefined {
    if (method.name === 'Unary' || method.name === 'IdempotentUnary')
      return (request, call) => this.unary(request, call);
    if (method.name === 'ServerStream') return (request, call) => this.stream(request, call);
    return undefined;
  }

  private async unary(request: UnaryRequest, call: RpcCall): Promise<object> {
    const info = this.requestInfo(request, call);
    const definition = request.responseDefinition;
    if (!definition) return { payload: { requestInfo: info } };
    append(call.responseHeader, definition.responseHeaders);
    append(call.responseTrailer, definition.responseTrailers);
    await delay(definition.responseDelayMs, undefined, { signal: call.signal });
    const { response } = definition;
    if (response.case === 'error') throw this.error(response.value, info);
    return { payload: { data: response.case && response.value, requestInfo: info } };
  }

  private async *stream(request: StreamRequest, call: RpcCall): AsyncIterable<Message> {
    let info: Message | undefined = this.requestInfo(request, call);
    const definition = request.responseDefinition;
    if (!definition) return;
    append(call.responseHeader, definition.responseHeaders);
    append(call.responseTrailer, definition.responseTrailers);
    for (const data of definition.responseData) {
      await delay(definition.responseDelayMs, undefined, { signal: call.signal });
      yield this.contract.message('ServerStreamResponse', { payload: { data, requestInfo: info } });
      info = undefined;
    }
    if (definition.error) throw this.error(definition.error, info);
  }

  private requestInfo(request: Message, call: RpcCall): Message {
    return this.contract.message('ConformancePayload.RequestInfo', {
      requestHeaders: [...call.header].map(([name, value]) => ({ name, value: value.split(', ') })),
      timeoutMs: call.deadline === undefined ? undefined : BigInt(call.deadline - Date.now()),
      requests: [anyPack(call.method.input, request)],
    });
  }

  private schemaOf({ $typeName }: Message): DescMessage {
    const schema = this.contract.registry.getMessage($typeName);
    if (!schema) throw new Error(`The suite has no message ${$typeName}`);
    return schema;
  }

  /** A failure that no message preceded tells what was seen of the request in its details. */
  private error({ code, message, details }: ErrorDefinition, info: Message | undefined): ConnectError {
    const outgoing = details.map((detail) => {
      const value = anyUnpack(detail, this.contract.registry);
      if (!value) throw new Error(`The suite has no message ${detail.typeUrl}`);
      return { desc: this.schemaOf(value), value };
    });
    if (info) outgoing.push({ desc: this.schemaOf(info), value: info });
    return new ConnectError(message ?? '', code, undefined, outgoing);
  }
}

function append(target: Headers, headers: Header[]): void {
  for (const { name, value } of headers) for (const one of value) target.append(name, one);
}
