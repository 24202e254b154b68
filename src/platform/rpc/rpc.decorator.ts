import type {
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { MessagePattern } from '@nestjs/microservices';
import { PARAM_ARGS_METADATA } from '@nestjs/microservices/constants.js';
import { methodName } from '../access/access-rule.js';
import type { Scope } from '../scope/scope.js';
import type { Call } from '../pipeline/call.js';

/** Under this id the strategy registers, so that another transport's handlers are left alone. */
export const connectTransport = Symbol('connect');

type UnaryHandler<M extends DescMethodUnary> = (
  request: MessageShape<M['input']>,
  scope: Scope,
) => Promise<MessageInitShape<M['output']>>;

type StreamHandler<M extends DescMethodServerStreaming> = (
  request: MessageShape<M['input']>,
  scope: Scope,
) => AsyncIterable<MessageInitShape<M['output']>>;

/**
 * Makes a method the handler of an RPC of the contract: `(request, scope) => response`. The compiler holds the
 * method against the descriptor.
 */
export function Rpc<M extends DescMethodUnary>(
  method: M,
): (target: object, key: string, descriptor: TypedPropertyDescriptor<UnaryHandler<M>>) => void;
export function Rpc<M extends DescMethodServerStreaming>(
  method: M,
): (target: object, key: string, descriptor: TypedPropertyDescriptor<StreamHandler<M>>) => void;
export function Rpc(method: DescMethodUnary | DescMethodServerStreaming) {
  return (target: object, key: string, descriptor: PropertyDescriptor): void => {
    // The overloads above hold the method to this.
    const handle = descriptor.value as (request: unknown, scope: Scope) => unknown;
    descriptor.value = function (this: unknown, request: unknown, call: Call): unknown {
      return handle.call(this, request, call.scope);
    };
    // No parameter is fetched by Nest: it would await each of them, one by one, in every call.
    Reflect.defineMetadata(PARAM_ARGS_METADATA, {}, target.constructor, key);
    MessagePattern(methodName(method), connectTransport)(target, key, descriptor);
  };
}
