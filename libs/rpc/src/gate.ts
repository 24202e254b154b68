import { Code, ConnectError, createContextKey, type HandlerContext } from '@connectrpc/connect';
import { binaryDefect } from './binary.js';
import { peerKey, type RpcProtocol } from './call.js';
import {
  abortError,
  failureKind,
  hideError,
  type DescribeError,
  type FailureKind,
  type Stage,
  wellFormed,
} from './failure.js';
import { checkGetMessage } from './get-request.js';
import { malformed } from './malformed.js';
import type { Reading } from './request-body.js';

/** The first thing that every call passes, before its body is read. */
export type Gate = (context: HandlerContext) => void;

export interface Progress {
  stage: Stage;
  /** The error that the handler chose itself; it leaves as it is. */
  chosen?: ConnectError;
}

/** What Connect's words begin with when bytes are no message. */
const BINARY = 'parse binary: ';

export const readingKey = createContextKey<Reading | undefined>(undefined);
const progressKey = createContextKey<Progress | undefined>(undefined);

export function progressOf(context: HandlerContext): Progress {
  const progress = context.values.get(progressKey);
  if (!progress) throw new Error('the call did not pass a gate');
  return progress;
}

export function acceptingGate(describe: DescribeError): Gate {
  return (context) => {
    watch(context, describe).stage = 'receiving';
    checkGetMessage(context);
    stopReadingWith(context);
  };
}

/** connect waits for a whole body whatever happens meanwhile; a deadline or a shutdown is answered at once. */
function stopReadingWith({ signal, values }: HandlerContext): void {
  if (signal.aborted) throw abortError(signal);
  const reading = values.get(readingKey);
  signal.addEventListener('abort', () => reading?.stop?.(abortError(signal)), { once: true });
}

/** Refuses before the body is read, whatever the body is. */
export function refusingGate(describe: DescribeError, message: (method: string) => string): Gate {
  return (context) => {
    watch(context, describe);
    throw new ConnectError(message(pathOf(context).slice(1)), Code.Unimplemented);
  };
}

/**
 * connect aborts the context of a call with the call's error just before it serializes that error. No other
 * place sees the errors of reading and parsing on every protocol, and none may replace them: hence the error
 * is changed in place.
 */
function watch(context: HandlerContext, describe: DescribeError): Progress {
  const progress: Progress = { stage: 'refused' };
  context.values.set(progressKey, progress);
  // What a gate is given can be aborted; its type leaves that out.
  const abortable = context as HandlerContext & { abort(reason?: unknown): void };
  const abort = abortable.abort.bind(abortable);
  let failed = false;
  abortable.abort = (reason) => {
    if (reason !== undefined && !failed) {
      failed = true;
      if (reason !== progress.chosen) explain(reason, context, progress.stage, describe);
    }
    abort(reason);
  };
  return progress;
}

function explain(reason: unknown, context: HandlerContext, stage: Stage, describe: DescribeError): void {
  const error = reason instanceof ConnectError ? reason : hideError(reason);
  const kind: FailureKind = error === reason ? failureKind(error, stage) : 'internal';
  // What cannot be parsed is the client's mistake; connect says so of JSON, but not of binary messages.
  if (kind === 'request_malformed' && error.code === Code.Internal) replace(error, refusal(error, context));
  const described = wellFormed(
    describe(error, {
      kind,
      name: pathOf(context),
      header: context.requestHeader,
      responseHeader: context.responseHeader,
      // Typed as string upstream; only the three protocols that the router enables can occur.
      protocol: context.protocolName as RpcProtocol,
      ...context.values.get(peerKey),
    }),
  );
  if (described !== error) replace(error, described);
}

function refusal({ rawMessage, metadata }: ConnectError, { method }: HandlerContext): ConnectError {
  return rawMessage.startsWith(BINARY)
    ? malformed(method.input, 'binary', binaryDefect(rawMessage))
    : new ConnectError(rawMessage, Code.InvalidArgument, metadata);
}

function replace(target: ConnectError, by: ConnectError): void {
  const { code, message, rawMessage, metadata, details } = by;
  Object.assign(target, { code, message, rawMessage, metadata, details });
}

function pathOf(context: HandlerContext): string {
  return new URL(context.url).pathname;
}
