import { ConnectError } from '@connectrpc/connect';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '@dovecote/contract/google/rpc/error_details_pb';

/** What a refused call says, in the words that specs assert on. */
export interface Refusal {
  code: ConnectError['code'];
  /** ErrorInfo.reason. */
  reason: string;
  message: string;
  /** Paths of BadRequest violations. */
  fields: string[];
  /** RetryInfo, in seconds; undefined when the refusal names no time. */
  retryAfterSeconds?: number;
}

/** The refusals of calls that run at once, in their order; fails when one of them succeeds. */
export function refusalsOf(calls: readonly Promise<unknown>[]): Promise<Refusal[]> {
  return Promise.all(calls.map(refusalOf));
}

/** The refusal of a call; fails when the call succeeds. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => Promise.reject(new Error('The call was not refused.')),
    (cause: unknown) => ConnectError.from(cause),
  );
  const retry = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code: error.code,
    reason: error.findDetails(ErrorInfoSchema)[0]?.reason ?? '',
    message: error.rawMessage,
    fields: error
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) => fieldViolations.map(({ field }) => field)),
    retryAfterSeconds: retry && Number(retry.seconds),
  };
}
