import type { DescMethod } from '@bufbuild/protobuf';
import { Code, ConnectError, createContextKey, type HandlerContext } from '@connectrpc/connect';
import { binaryDefect } from './binary.js';
import type { Admission } from './admission.js';
import { methodPath, peerKey, rpcCall, type RpcCall, type RpcProtocol } from './call.js';
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
import type { RequestBounds } from './inspect-request.js';
import { malformed } from './malformed.js';
import type { Reading } from './request-body.js';

/** The first thing that every call passes, before its body is read. */
export type Gate = (context: HandlerContext) => Promise<void>;

export type BoundsOf = (method: DescMethod) => RequestBounds;

export interface Progress {
  stage: Stage;
  /** What the handler sees of the call. */
  readonly call: RpcCall;
  /** The error that the handler chose itself; it leaves as it is. */
  chosen?: ConnectError;
}

/** What Connect's words begin with when bytes are no message. */
const BINARY = 'parse binary: ';

/** A call that has been admitted already, and came to read its body. */
export const admittedKey = createContextKey<RpcCall | undefined>(undefined);
export const readingKey = createContextKey<Reading | undefined>(undefined);
const progressKey = createContextKey<Progress | undefined>(undefined);

export function progressOf(context: HandlerContext): Progress {
  const progress = context.values.get(progressKey);
  if (!progress) throw new Error('the call did not pass a gate');
  return progress;
}

export interface GateOptions {
  readonly describeError: DescribeError;
  readonly admission: Admission | undefined;
}

export function acceptingGate({ describeError, admission }: GateOptions, boundsOf: BoundsOf): Gate {
  return async (context) => {
    const { values } = context;
    const progress = watch(context, describeError, values.get(admittedKey));
    progress.stage = 'handling';
    if (!values.get(admittedKey)) await judge(context, () => admission?.admit(progress.call));
    progress.stage = 'receiving';
    await checkGetMessage(context, boundsOf(context.method));
    stopReadingWith(context);
  };
}

/**
 * Admits every call, without rate limits: for health and reflection, which are cheap and called by
 * monitoring.
 */
export function openGate(describe: DescribeError): Gate {
  return async (context) => {
    watch(context, describe).stage = 'receiving';
    stopReadingWith(context);
  };
}

/** A refusal of the admission is as final as one of the handler. */
async function judge(context: HandlerContext, admit: () => void | Promise<void>): Promise<void> {
  try {
    context.signal.throwIfAborted();
    await untilAborted(context.signal, Promise.resolve(admit()));
  } catch (error) {
    throw publicError(error, context);
  }
}

/** connect waits for the whole body even after a deadline or a shutdown; this ends the wait. */
function stopReadingWith({ signal, values }: HandlerContext): void {
  if (signal.aborted) throw abortError(signal);
  const reading = values.get(readingKey);
  signal.addEventListener('abort', () => reading?.stop?.(abortError(signal)), { once: true });
}

/** Refuses before the body is read, whatever the body is. */
export function refusingGate(
  { describeError, admission }: GateOptions,
  message: (method: string) => string,
): Gate {
  return async (context) => {
    const { call } = watch(context, describeError);
    await judge(context, () => admission?.turnAway({ ...call, name: pathOf(context) }));
    throw new ConnectError(message(pathOf(context).slice(1)), Code.Unimplemented);
  };
}

/**
 * connect aborts the context of a call with the call's error just before it serializes that error. No other
 * place sees the errors of reading and parsing on every protocol, and none may replace them: hence the error
 * is changed in place.
 */
function watch(context: HandlerContext, describe: DescribeError, admitted?: RpcCall): Progress {
  const progress: Progress = { stage: 'refused', call: { ...rpcCall(context), admittedAs: admitted } };
  // The response carries the headers of the admission, also when it is an error.
  for (const [name, value] of admitted?.responseHeader ?? []) {
    if (!context.responseHeader.has(name)) context.responseHeader.set(name, value);
  }
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
      // A refused call may have no method but the one that lent it its shape.
      name: stage === 'refused' ? pathOf(context) : methodPath(context.method),
      header: context.requestHeader,
      responseHeader: context.responseHeader,
      // Typed as string upstream; only the three protocols that the router enables can occur.
      protocol: context.protocolName as RpcProtocol,
      ...context.values.get(peerKey),
      admittedAs: context.values.get(admittedKey),
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

/** Answers on time even when the work ignores its signal; what it returns later is dropped. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

export function publicError(error: unknown, context: HandlerContext): ConnectError {
  const { signal } = context;
  // Work that noticed the abort fails in its own way; the reason is what the client may know.
  if (signal.aborted && (error === signal.reason || !(error instanceof ConnectError)))
    return abortError(signal);
  if (!(error instanceof ConnectError)) return hideError(error);
  const chosen = wellFormed(error);
  progressOf(context).chosen = chosen;
  return chosen;
}
