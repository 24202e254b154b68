import type { ExecutionContext } from '@nestjs/common';
import type { RpcCall } from '@dovecote/rpc';
import type { AccessRow } from '../access/access-rule.js';
import type { Caller } from '../caller/caller.js';
import type { ProjectKeyCarrier } from '../caller/credential.js';
import type { Project } from '../caller/project.js';
import type { OrganizationState } from '../caller/organization-state.js';
import type { Proven } from '../caller/proven.js';
import type { Scope } from '../scope/scope.js';
import type { ScopeOrigin, Scopes } from '../scope/scopes.js';
import { requestIdHeader, requestIdOf } from '../telemetry/request-id.js';

const anonymous: Caller = { kind: 'anonymous' };
export const warningHeader = 'dovecote-warning';

/** One RPC on its way: what the wire said, what the guards have found out so far, and what it does. */
export class Call implements ScopeOrigin {
  readonly requestId: string;
  /** Set by the caller guard, refined by the organization guard. */
  caller: Caller = anonymous;
  /** What the caller's credential proved; set by the caller guard. */
  proven?: Proven;
  /** Where the key of a project stood; set by the caller guard. */
  keyCarrier?: ProjectKeyCarrier;
  /** Set by the organization guard. */
  organization?: OrganizationState;
  /** Set by the organization guard or the project guard, for RPCs in a project. */
  project?: Project;
  /** Set by the event count guard, for RPCs that send events. */
  countEvents?: (events: number) => Promise<void>;
  private opened: Scope | undefined;

  constructor(
    readonly rpc: RpcCall,
    readonly access: AccessRow,
    private readonly scopes: Scopes,
  ) {
    this.requestId = requestIdOf(rpc.header.get(requestIdHeader));
    rpc.responseHeader.set(requestIdHeader, this.requestId);
  }

  /** The scope of the handler; the guards are through when it is first asked for. */
  get scope(): Scope {
    this.opened ??= this.scopes.open(this);
    return this.opened;
  }

  /** Only what a header can hold; nothing in it is longer than a sentence. */
  warn(text: string): void {
    this.rpc.responseHeader.append(warningHeader, text.replaceAll(/[^\x20-\x7e]/g, '?'));
  }

  get address(): string {
    return this.rpc.address;
  }

  get userAgent(): string {
    return this.rpc.header.get('user-agent') ?? '';
  }

  /** A header that says something about the client, if a trusted proxy sent the call. */
  proxyHeader(name: string): string | undefined {
    return this.rpc.proxied ? (this.rpc.header.get(name) ?? undefined) : undefined;
  }

  get signal(): AbortSignal {
    return this.rpc.signal;
  }

  /** A read names no audit events; the contract has been compared with that at start. */
  get readOnly(): boolean {
    return this.access.audit === undefined;
  }

  async commit(): Promise<void> {
    await this.opened?.commit();
  }

  /** Does nothing after a commit. Why the call failed is known; that undoing it failed as well adds nothing. */
  async rollback(): Promise<void> {
    await this.opened?.rollback().catch(() => undefined);
  }
}

export function callOf(context: ExecutionContext): Call {
  return context.getArgByIndex<Call>(1);
}
