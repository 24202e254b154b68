import type { Message } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { rpcCall, type RpcCall, type RpcHandler } from './call.js';

export type UnexpectedErrorMapper = (error: unknown, call: RpcCall) => ConnectError;

/** Internal causes are never sent. */
export function hideError(error: unknown): ConnectError {
  return new ConnectError('internal error', Code.Internal, undefined, undefined, error);
}

export function unaryImplementation(handler: RpcHandler, onUnexpected: UnexpectedErrorMapper) {
  return async (request: Message, context: HandlerContext): Promise<Message | object> => {
    const call = rpcCall(context);
    try {
      context.signal.throwIfAborted();
      const answer = handler(request, call);
      if (isIterable(answer)) throw new TypeError(`${call.name} is unary, but its handler returned a stream`);
      return await untilAborted(context.signal, answer);
    } catch (error) {
      throw publicError(error, call, onUnexpected);
    }
  };
}

export function streamImplementation(handler: RpcHandler, onUnexpected: UnexpectedErrorMapper) {
  return async function* (request: Message, context: HandlerContext): AsyncIterable<Message> {
    const call = rpcCall(context);
    let messages: AsyncIterator<Message> | undefined;
    try {
      context.signal.throwIfAborted();
      const answer = handler(request, call);
      if (!isIterable(answer))
        throw new TypeError(`${call.name} is streaming, but its handler returned no stream`);
      messages = answer[Symbol.asyncIterator]();
      for (;;) {
        const next = await untilAborted(context.signal, messages.next());
        if (next.done) return;
        yield next.value;
      }
    } catch (error) {
      throw publicError(error, call, onUnexpected);
    } finally {
      // Not awaited: a handler that ignores its signal must not hold back the answer.
      messages?.return?.().catch(() => undefined);
    }
  };
}

/** Answers on time even when the work ignores its signal; what it returns later is dropped. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function publicError(error: unknown, call: RpcCall, onUnexpected: UnexpectedErrorMapper): ConnectError {
  if (error instanceof ConnectError) return error;
  // Work that noticed the abort fails in its own way; the reason is what the client may know.
  if (call.signal.aborted) return abortError(call.signal);
  return onUnexpected(error, call);
}

function abortError(signal: AbortSignal): ConnectError {
  return signal.reason instanceof ConnectError
    ? signal.reason
    : new ConnectError('the call was canceled', Code.Canceled);
}

function isIterable(answer: object): answer is AsyncIterable<Message> {
  return Symbol.asyncIterator in answer;
}
