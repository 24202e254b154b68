import { Code, ConnectError } from '@connectrpc/connect';
import type { RpcCall, RpcProtocol } from './call.js';

/** Why a call failed although no handler said so. */
export type FailureKind =
  | 'cancelled'
  | 'compression_unknown'
  | 'content_type_unsupported'
  | 'deadline_exceeded'
  | 'header_too_large'
  | 'http_method_not_allowed'
  | 'internal'
  | 'method_unknown'
  | 'request_malformed'
  | 'request_too_large'
  | 'service_unknown'
  | 'shutting_down';

export interface FailedCall {
  readonly kind: FailureKind;
  /** The path that was called, whether it exists or not: `/pidgr.v1.RoleService/ListRoles` */
  readonly name: string;
  readonly header: Headers;
  /** Still open, unless a stream has sent its first message. */
  readonly responseHeader: Headers;
  readonly protocol: RpcProtocol;
  readonly address: string;
  readonly listener: string;
  /** See RpcCall. */
  readonly admittedAs?: RpcCall;
}

/** Returns the error to send: the same one, or another in its place. */
export type DescribeError = (error: ConnectError, call: FailedCall) => ConnectError;

/** How far a call came: refused at once, reading its request, or with its handler. */
export type Stage = 'refused' | 'receiving' | 'handling';

const kindsAlways: Partial<Record<Code, FailureKind>> = {
  [Code.Canceled]: 'cancelled',
  [Code.DeadlineExceeded]: 'deadline_exceeded',
  [Code.Unavailable]: 'shutting_down',
};

const kindsWhileReceiving: Partial<Record<Code, FailureKind>> = {
  [Code.InvalidArgument]: 'request_malformed',
  [Code.Internal]: 'request_malformed',
  [Code.Unimplemented]: 'request_malformed',
  [Code.ResourceExhausted]: 'request_too_large',
  [Code.NotFound]: 'service_unknown',
};

/** Only the refusal of an encoding says which ones are accepted. */
const encodingHeaders = ['accept-encoding', 'grpc-accept-encoding', 'connect-accept-encoding'];

export function failureKind(error: ConnectError, stage: Stage): FailureKind {
  const always = kindsAlways[error.code];
  if (always) return always;
  if (stage === 'refused') return 'method_unknown';
  if (stage === 'handling') return 'internal';
  if (encodingHeaders.some((name) => error.metadata.has(name))) return 'compression_unknown';
  return kindsWhileReceiving[error.code] ?? 'internal';
}

/** What a client sent may stand in a message, and half a surrogate pair cannot be percent-encoded for gRPC. */
export function wellFormed(error: ConnectError): ConnectError {
  const { rawMessage, code, metadata, details, cause } = error;
  if (rawMessage.isWellFormed()) return error;
  const result = new ConnectError(rawMessage.toWellFormed(), code, metadata, undefined, cause);
  result.details = details;
  return result;
}

/** Internal causes are never sent. */
export function hideError(error: unknown): ConnectError {
  return new ConnectError('internal error', Code.Internal, undefined, undefined, error);
}

/** A new error for every call: a shutdown is one reason for many. */
export function abortError({ reason }: AbortSignal): ConnectError {
  return reason instanceof ConnectError
    ? new ConnectError(reason.rawMessage, reason.code)
    : new ConnectError('the call was canceled', Code.Canceled);
}
