import type {
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { createParamDecorator } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { methodName } from '../access/access-rule.js';
import type { Scope } from '../scope/scope.js';
import { callOf } from './call.js';

/** Under this id the strategy registers, so that another transport's handlers are left alone. */
export const connectTransport = Symbol('connect');

const CurrentScope = createParamDecorator((_data: unknown, context): Scope => callOf(context).scope);

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
    Payload()(target, key, 0);
    CurrentScope()(target, key, 1);
    MessagePattern(methodName(method), connectTransport)(target, key, descriptor);
  };
}
