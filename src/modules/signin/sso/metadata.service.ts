import { Injectable } from '@nestjs/common';
import { AppError, failedPrecondition, notFound } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import { originOf, type Scope, type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { Members } from '../../people/member/index.js';
import type { Connection, StoredIdp } from './connection.js';
import { refuseBeyondOwnPermissions } from './connection.rules.js';
import { ConnectionStore } from './connection.store.js';
import { expiryMail } from './expiry.mail.js';
import { differences, nextFetchAfter, refuseTakeover, retryAfter, warningDue } from './metadata.rules.js';
import { MetadataSource, UnusableMetadata } from './metadata-source.js';

/** Minimum time between two fetches requested by an admin. */
const SHORTEST_PAUSE_MS = 60_000;

export const refreshTask: Task = { name: 'sso.refresh_metadata', lane: 'background', priority: 'normal' };

export type Refreshed = { outcome: 'unchanged' | 'changed' } | { outcome: 'broken'; problem: string };

/** What is known of SAML providers, kept fresh. What is broken is not taken over: the last good version stays. */
@Injectable()
export class Metadata {
  constructor(
    private readonly store: ConnectionStore,
    private readonly source: MetadataSource,
    private readonly members: Members,
    private readonly mailer: Mailer,
    private readonly scopes: Scopes,
  ) {}

  /** Fetches the metadata immediately, at most once a minute. Returns whether it changed. */
  async refreshNow(scope: Scope, connectionId: string): Promise<boolean> {
    const origin = originOf(scope);
    const connection = await this.scopes.run(origin, (inner) => this.store.find(inner, connectionId));
    if (!connection) throw notFound('connection');
    const refusal = refuseBeyondOwnPermissions(connection, scope.permissions);
    if (refusal) throw refusal;
    if (!connection.saml?.metadataUrl) {
      throw failedPrecondition(
        'METADATA_UPLOADED',
        'The metadata of this connection was uploaded; upload it again.',
      );
    }
    if (!(await this.claim(origin, connectionId))) throw tooSoon(connection, scope.now());
    const refreshed = await this.refresh(origin, connection);
    if (refreshed.outcome !== 'broken') return refreshed.outcome === 'changed';
    throw failedPrecondition(
      'METADATA_BROKEN',
      `The new metadata cannot be used; the last valid version stays in use: ${refreshed.problem}`,
    );
  }

  /** Because a provider signs with a key that is not known: undefined when that was looked into a moment ago. */
  async refreshForUnknownKey(origin: ScopeOrigin, connection: Connection): Promise<Refreshed | undefined> {
    if (!connection.saml?.metadataUrl || !(await this.claim(origin, connection.id))) return undefined;
    return this.refresh(origin, connection);
  }

  /** In turn; the next one follows while the connection is there. */
  async refreshInTurn(origin: ScopeOrigin, connectionId: string): Promise<void> {
    const connection = await this.scopes.run(origin, (inner) => this.store.find(inner, connectionId));
    if (!connection?.idp) return;
    if (connection.saml?.metadataUrl) await this.refresh(origin, connection);
    await this.scopes.run(origin, async (inner) => {
      await this.warn(inner, connectionId);
      const next = (await this.store.find(inner, connectionId))?.nextFetchAt;
      await this.schedule(inner, connectionId, next ?? nextFetchAfter({}, inner.now()));
    });
  }

  async schedule(scope: Scope, connectionId: string, runAt: Date): Promise<void> {
    await scope.enqueue({
      task: refreshTask,
      payload: { connectionId },
      runAt,
      key: connectionId,
    });
  }

  private claim(origin: ScopeOrigin, connectionId: string): Promise<boolean> {
    return this.scopes.run(origin, (scope) =>
      this.store.claimRefresh(scope, connectionId, new Date(scope.now().getTime() - SHORTEST_PAUSE_MS)),
    );
  }

  /** The provider is asked between two transactions. */
  private async refresh(origin: ScopeOrigin, { orgId, id, saml, idp }: Connection): Promise<Refreshed> {
    const meant = { idpEntityId: saml?.idpEntityId, knownEntityId: idp?.entityId };
    const fetched = await this.source.fetch(orgId, saml?.metadataUrl ?? '', meant).catch((error: unknown) => {
      if (error instanceof UnusableMetadata) return error;
      throw error;
    });
    return this.scopes.run(origin, async (scope) => {
      const connection = (await this.store.listForUpdate(scope)).find((one) => one.id === id);
      if (!connection) throw notFound('connection');
      return this.takeOver(scope, connection, fetched);
    });
  }

  private async takeOver(
    scope: Scope,
    connection: Connection,
    fetched: StoredIdp | UnusableMetadata,
  ): Promise<Refreshed> {
    const now = scope.now();
    const problem =
      fetched instanceof UnusableMetadata ? fetched.message : refuseTakeover(connection.idp, fetched, now);
    if (fetched instanceof UnusableMetadata || problem) {
      const lastError = problem ?? '';
      await this.store.update(scope, {
        ...connection,
        lastError,
        attemptedAt: now,
        nextFetchAt: retryAfter(now),
      });
      return { outcome: 'broken', problem: lastError };
    }
    const changes = connection.idp ? differences(connection.idp, fetched) : {};
    await this.store.update(scope, {
      ...connection,
      idp: fetched,
      fetchedAt: now,
      attemptedAt: now,
      nextFetchAt: nextFetchAfter(fetched, now),
      lastError: '',
    });
    if (Object.keys(changes).length === 0) return { outcome: 'unchanged' };
    await scope.audit('SSO_CONFIGURED', {
      entityType: 'sso_connection',
      entityId: connection.id,
      metadata: { change: 'metadata_refreshed', ...changes },
    });
    return { outcome: 'changed' };
  }

  private async warn(scope: Scope, connectionId: string): Promise<void> {
    const connection = (await this.store.listForUpdate(scope)).find(({ id }) => id === connectionId);
    const warning = connection?.idp && warningDue(connection.idp, connection.warned, scope.now());
    if (!connection || !warning) return;
    const warned = { ...connection.warned, [warning.fingerprint]: warning.days };
    await this.store.update(scope, { ...connection, warned });
    await scope.audit('SSO_CONFIGURED', {
      entityType: 'sso_connection',
      entityId: connectionId,
      metadata: { change: 'certificate_expiry_warned', days: String(warning.days) },
    });
    for (const { email } of await this.members.superAdmins(scope)) {
      await this.mailer.send(scope, expiryMail(email, connection.name, warning, scope.now()));
    }
  }
}

function tooSoon({ attemptedAt }: Connection, now: Date): AppError {
  const since = now.getTime() - (attemptedAt?.getTime() ?? 0);
  return new AppError(
    'resource_exhausted',
    'REFRESHED_JUST_NOW',
    'The metadata was fetched less than a minute ago; try again in a minute.',
    { retryAfterSeconds: Math.max(1, Math.ceil((SHORTEST_PAUSE_MS - since) / 1000)) },
  );
}
