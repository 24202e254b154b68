import type { IncomingHttpHeaders } from 'node:http';
import type { DescMethod } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import type { UniversalHandlerFn } from '@connectrpc/connect/protocol';
import type { Admission } from '../admission.js';
import type { RpcHandler } from '../call.js';
import type { DescribeError } from '../failure.js';
import type { BodyLimits } from '../request-body.js';
import type { UnaryCodec } from './codec.js';
import type { CallsInFlight } from './in-flight.js';
import { requestFormatOf, type RequestFormat } from './request-format.js';

/** A unary method as the fast path serves it. */
export interface UnaryRoute {
  readonly method: DescMethod;
  /** `/pidgr.v1.RoleService/ListRoles` */
  readonly name: string;
  readonly handler: RpcHandler;
  readonly codec: UnaryCodec;
  /** Connect's own handler of the method, for requests that are unusual. */
  readonly connectHandler: UniversalHandlerFn;
  readonly bodyLimits: BodyLimits;
  readonly compressMinBytes: number;
  readonly describeError: DescribeError;
  readonly inFlight: CallsInFlight;
  readonly admission: Admission | undefined;
  readonly errorBytes: (error: ConnectError) => Uint8Array;
}

/** Undefined if the general path should serve the request from its start. */
export function fastPathFormat(
  route: UnaryRoute,
  method: string | undefined,
  header: IncomingHttpHeaders,
): RequestFormat | undefined {
  if (method !== 'POST' || header.expect !== undefined) return undefined;
  // What announces itself as too large is refused unread.
  if (Number(header['content-length']) > route.bodyLimits.maxBytes) return undefined;
  return requestFormatOf(header);
}
