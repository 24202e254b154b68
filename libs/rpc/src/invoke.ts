import type { Message } from '@bufbuild/protobuf';
import { ConnectError, type HandlerContext } from '@connectrpc/connect';
import { rpcCall, type RpcHandler } from './call.js';
import { abortError, hideError, wellFormed } from './failure.js';
import { progressOf } from './gate.js';

export function unaryImplementation(handler: RpcHandler) {
  return async (request: Message, context: HandlerContext): Promise<Message | object> => {
    progressOf(context).stage = 'handling';
    try {
      const call = rpcCall(context);
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
      const call = rpcCall(context);
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

/** Answers on time even when the work ignores its signal; what it returns later is dropped. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function publicError(error: unknown, context: HandlerContext): ConnectError {
  const { signal } = context;
  // Work that noticed the abort fails in its own way; the reason is what the client may know.
  if (signal.aborted && (error === signal.reason || !(error instanceof ConnectError)))
    return abortError(signal);
  if (!(error instanceof ConnectError)) return hideError(error);
  const chosen = wellFormed(error);
  progressOf(context).chosen = chosen;
  return chosen;
}

export function isIterable(answer: object): answer is AsyncIterable<Message> {
  return Symbol.asyncIterator in answer;
}
