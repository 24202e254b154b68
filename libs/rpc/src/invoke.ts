import type { Message } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { RpcHandler } from './call.js';
import { progressOf, publicError, untilAborted } from './gate.js';

export function unaryImplementation(handler: RpcHandler) {
  return async (request: Message, context: HandlerContext): Promise<Message | object> => {
    progressOf(context).stage = 'handling';
    try {
      const { call } = progressOf(context);
      context.signal.throwIfAborted();
      const answer = handler(request, call);
      if (isIterable(answer)) throw new TypeError(`${call.name} is unary, but its handler returned a stream`);
      return await untilAborted(context.signal, answer);
    } catch (error) {
      throw publicError(error, context);
    }
  };
}

export function streamImplementation(handler: RpcHandler) {
  return async function* (request: Message, context: HandlerContext): AsyncIterable<Message> {
    progressOf(context).stage = 'handling';
    let messages: AsyncIterator<Message> | undefined;
    try {
      const { call } = progressOf(context);
      context.signal.throwIfAborted();
      const answer = handler(request, call);
      if (!isIterable(answer))
        throw new TypeError(`${call.name} is streaming, but its handler returned no stream`);
      messages = answer[Symbol.asyncIterator]();
      for (;;) {
        context.signal.throwIfAborted();
        const next = await untilAborted(context.signal, messages.next());
        if (next.done) return;
        yield next.value;
      }
    } catch (error) {
      throw publicError(error, context);
    } finally {
      // Not awaited: a handler that ignores its signal must not hold back the answer.
      messages?.return?.().catch(() => undefined);
    }
  };
}

export function isIterable(answer: object): answer is AsyncIterable<Message> {
  return Symbol.asyncIterator in answer;
}
