import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from '@nestjs/common';
import type { RpcCall } from '@dovecote/rpc';
import type { AccessRow } from '../access/access-rule.js';
import type { Caller } from '../caller/caller.js';
import type { OrganizationState } from '../caller/organization-state.js';
import type { Proven } from '../caller/proven.js';
import type { Scope } from '../scope/scope.js';

const anonymous: Caller = { kind: 'anonymous' };
export const requestIdHeader = 'x-request-id';
const acceptableRequestId = /^[\w.:-]{1,64}$/;

/** One RPC on its way through the guards: what the wire said, and what has been found out so far. */
export class Call {
  readonly requestId: string;
  /** Set by the caller guard, refined by the organization guard. */
  caller: Caller = anonymous;
  /** What the caller's credential proved; set by the caller guard. */
  proven?: Proven;
  /** Set by the organization guard. */
  organization?: OrganizationState;
  /** Set by the scope interceptor. */
  scope?: Scope;

  constructor(
    readonly rpc: RpcCall,
    readonly access: AccessRow,
  ) {
    this.requestId = requestIdOf(rpc.header);
    rpc.responseHeader.set(requestIdHeader, this.requestId);
  }
}

/** The client's own request id when it is harmless in a log, otherwise a new one. */
export function requestIdOf(header: Headers): string {
  const presented = header.get(requestIdHeader) ?? '';
  return acceptableRequestId.test(presented) ? presented : randomUUID();
}

export function callOf(context: ExecutionContext): Call {
  return context.switchToRpc().getContext<Call>();
}
