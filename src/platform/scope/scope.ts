import { subject } from '@casl/ability';
import { v7 as uuid } from 'uuid';
import type { Ability } from '../access/ability.js';
import { recentProof } from '../access/access-rule.js';
import { type Permission, permissionName } from '../permission/permissions.js';
import { refuseStale } from '../access/recent-proof.js';
import type { AuditEventType } from '../audit/audit-event-type.js';
import { insertAuditEvent } from '../audit/audit.store.js';
import { actorIdOf, type Caller, orgIdOf, permissionsOf } from '../caller/caller.js';
import type { Project } from '../caller/project.js';
import { announceRevocation } from '../caller/revocation-feed.js';
import type { Clock } from '../clock/clock.js';
import type { Database, Transaction } from '../database/index.js';
import { permissionDenied } from '../errors/index.js';
import { addJob } from '../jobs/add-job.js';
import type { JobSpec } from '../jobs/job.js';
import type { ScopeOrigin } from './scopes.js';

export interface AuditEntry {
  /** What it happened to: `role`, and its id. */
  entityType: string;
  entityId: string;
  /** At most 20 pairs; no secrets, no message content. */
  metadata?: Record<string, string>;
}

/** A member or an API key, as rows remember who asked for something. */
export interface Actor {
  readonly kind: 'member' | 'api_key';
  readonly id: string;
}

/**
 * On whose behalf something happens, and the only road to the database: the first argument of every service and
 * store. Holds one transaction, opened on first use, committed when the call succeeds.
 */
export class Scope {
  readonly caller: Caller;
  readonly requestId: string;
  readonly address: string | undefined;
  private transaction: Promise<Transaction> | undefined;
  private adopted: { orgId: string; userId?: string } | undefined;
  private actor: Actor | undefined;

  constructor(
    private readonly origin: ScopeOrigin,
    private readonly ability: Ability,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly recentMs: number,
  ) {
    this.caller = origin.caller;
    this.requestId = origin.requestId;
    this.address = origin.address;
    if (origin.linkedOrgId !== undefined) this.adopted = { orgId: origin.linkedOrgId };
  }

  get userAgent(): string {
    return this.origin.userAgent ?? '';
  }

  /** What a trusted proxy says about the client in a header, such as a CDN about its country. */
  proxyHeader(name: string): string | undefined {
    return this.origin.proxyHeader?.(name);
  }

  /** Counts the events of the call against the limits of its organization and project, or refuses. Jobs count none. */
  async countEvents(events: number): Promise<void> {
    await this.origin.countEvents?.(events);
  }

  get signal(): AbortSignal | undefined {
    return this.origin.signal;
  }

  /** The organization that everything in this scope belongs to. */
  get orgId(): string {
    const orgId = this.adopted?.orgId ?? orgIdOf(this.caller) ?? this.ssoOrgId;
    if (!orgId) throw new Error('This scope has no organization.');
    return orgId;
  }

  /** The project that the call concerns; only for RPCs that the access table places in a project. */
  get project(): Project {
    if (!this.origin.project) throw new Error('This scope has no project.');
    return this.origin.project;
  }

  get projectIfAny(): Project | undefined {
    return this.origin.project;
  }

  /** The acting member; only for RPCs that the access table reserves for members. */
  get userId(): string {
    if (this.caller.kind !== 'member') throw new Error('This scope has no member.');
    return this.caller.userId;
  }

  /** The person behind the call; only for RPCs that the access table reserves for signed-in people. */
  get identityId(): string {
    if (this.caller.kind !== 'person' && this.caller.kind !== 'member')
      throw new Error('This scope has no person.');
    return this.caller.identityId;
  }

  /** The address of the person behind the call, as it was when they signed in. */
  get email(): string {
    if (this.caller.kind !== 'person' && this.caller.kind !== 'member')
      throw new Error('This scope has no person.');
    return this.caller.email;
  }

  /** The session of the person behind the call; empty when another issuer keeps it. */
  get sessionId(): string {
    if (this.caller.kind !== 'person' && this.caller.kind !== 'member')
      throw new Error('This scope has no session.');
    return this.caller.sessionId;
  }

  /** The organization whose identity provider vouched for the caller's session, if one did. */
  get ssoOrgId(): string | undefined {
    return this.caller.kind === 'person' || this.caller.kind === 'member' ? this.caller.ssoOrgId : undefined;
  }

  /** The id for `created_by` columns and audit rows; empty for the system. */
  get actorId(): string {
    return this.actor?.id ?? this.adopted?.userId ?? actorIdOf(this.caller);
  }

  get permissions(): ReadonlySet<Permission> {
    return permissionsOf(this.caller);
  }

  /** Adds a warning to the response of a call that succeeds. */
  warn(text: string): void {
    this.origin.warn?.(text);
  }

  now(): Date {
    return this.clock.now();
  }

  /** For statements that ask the database what is due: how far tests have moved the clock beyond its time. */
  get travelledSeconds(): number {
    return this.clock.travelled / 1000;
  }

  /**
   * Switches the scope to an organization that this call creates, as its first member, or that a public link
   * leads to; only before the first query.
   */
  adopt(orgId: string, userId?: string): void {
    if (this.transaction) throw new Error('The transaction is already open for another organization.');
    this.adopted = { orgId, userId };
  }

  /** For jobs: records from here on who asked for them. Whether they still may is for the caller of this to decide. */
  actFor(actor: Actor): void {
    if (this.caller.kind !== 'system') throw new Error('Only the system acts for others.');
    this.actor = actor;
  }

  can(action: string, type: string, row: object): boolean {
    return this.ability.can(action, subject(type, { ...row }));
  }

  /** Refuses unless the caller holds the permission. */
  require(permission: Permission): void {
    if (this.permissions.has(permission)) return;
    throw permissionDenied('PERMISSION_MISSING', `This needs ${permissionName(permission)}.`);
  }

  /** For an RPC whose row says that it depends. API keys could do it before there were proofs, and cannot prove anything. */
  requireRecentProof(): void {
    const refusal = refuseStale(recentProof('api_key'), this.caller, this.now().getTime(), this.recentMs);
    if (refusal) throw refusal;
  }

  /** Whether the caller has proven lately who they are, or cannot. */
  get hasRecentProof(): boolean {
    return !refuseStale(recentProof('api_key'), this.caller, this.now().getTime(), this.recentMs);
  }

  /** Whether it has asked for a connection, which it keeps to its end: also where it only reads. */
  get holdsConnection(): boolean {
    return this.transaction !== undefined;
  }

  /** The transaction of this scope. Several queries may be in flight at once: they are pipelined in order. */
  tx(): Promise<Transaction> {
    this.transaction ??= this.database.begin({
      // A provider vouches for a person in its own organization: the others do not show.
      orgId: this.adopted?.orgId ?? orgIdOf(this.caller) ?? this.ssoOrgId,
      identityId: this.caller.kind === 'person' && !this.ssoOrgId ? this.caller.identityId : undefined,
      readOnly: this.origin.readOnly,
      kind: this.caller.kind === 'system' ? 'job' : 'call',
      isSecond: this.origin.isSecond,
      signal: this.signal,
    });
    return this.transaction;
  }

  /** Records an event of the trail, in the transaction of the change. */
  async audit(type: AuditEventType, entry: AuditEntry): Promise<void> {
    await insertAuditEvent(await this.tx(), {
      id: uuid(),
      orgId: this.orgId,
      type,
      actorKind: this.actor?.kind ?? (this.adopted?.userId ? 'member' : this.caller.kind),
      actorId: this.actorId,
      requestId: this.requestId,
      createdAt: this.now(),
      ...entry,
    });
  }

  /** Enqueues a job that exists only if this scope commits. */
  async enqueue(job: JobSpec): Promise<void> {
    await addJob(await this.tx(), this.adopted?.orgId ?? orgIdOf(this.caller), job, this.clock.travelled);
  }

  /** Announces, with the commit of this scope, that what processes remember about `subject` is void. */
  async announceRevocation(subject: string): Promise<void> {
    await announceRevocation(await this.tx(), subject);
  }

  async commit(): Promise<void> {
    await (await this.transaction)?.commit();
  }

  async rollback(): Promise<void> {
    await (await this.transaction)?.rollback();
  }
}
