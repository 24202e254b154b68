import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, randomBase62 } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { refuseEntry } from '../../../platform/caller/organization-entry.rules.js';
import type { OrganizationState } from '../../../platform/caller/organization-state.js';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import {
  type AppError,
  failedPrecondition,
  invalidArgument,
  notFound,
} from '../../../platform/errors/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { originOf, type Scope, type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { Sessions } from '../auth/index.js';
import { refuseGrant, Roles } from '../../people/role/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import {
  type Connection,
  connectionState,
  membersOnly,
  type OidcSettings,
  protocol,
  type Provisioning,
  type SamlSettings,
  type StoredIdp,
} from './connection.js';
import {
  nextActivation,
  refuseActivation,
  permissionCeiling,
  refuseOverLimit,
  refuseBeyondOwnPermissions,
  refuseLastConnection,
  refuseRelayStates,
  refuseSource,
  sourceOf,
} from './connection.rules.js';
import { ConnectionStore } from './connection.store.js';
import { Domains } from './domain.service.js';
import { EnforcementStore } from './enforcement.store.js';
import { nextFetchAfter, refuseTakeover } from './metadata.rules.js';
import { Metadata } from './metadata.service.js';
import { MetadataSource, UnusableMetadata } from './metadata-source.js';
import { type OidcClient, OidcDiscovery } from './oidc-discovery.js';
import { openReservation, type Reservation, reserveConnection } from './reservation.js';
import { SpKeys } from './sp-keys.service.js';

type SamlRequest = SamlSettings & { metadataXml: string };
type OidcRequest = OidcSettings & { clientSecret: string };

export type Settings = { kind: 'saml'; saml: SamlRequest } | { kind: 'oidc'; oidc: OidcRequest };

export interface NewConnection {
  name: string;
  settings: Settings;
  provisioning?: Provisioning;
  state?: number;
  /** Domain of the provider in pidgr.v1 (SSOService). */
  contractDomain?: string;
  /** Empty: a new id. */
  reservation?: string;
}

export interface ConnectionChange {
  id: string;
  /** Empty: unchanged. */
  name: string;
  /** 0: unchanged. */
  state: number;
  settings?: Settings;
  provisioning?: Provisioning;
}

/** The organization of a connection. */
export interface Owner {
  orgId: string;
  organization: OrganizationState;
}

/** How an organization is connected to its identity providers. */
@Injectable()
export class Connections {
  constructor(
    private readonly store: ConnectionStore,
    private readonly keys: SpKeys,
    private readonly source: MetadataSource,
    private readonly oidc: OidcDiscovery,
    private readonly metadata: Metadata,
    private readonly domains: Domains,
    private readonly enforcement: EnforcementStore,
    private readonly roles: Roles,
    private readonly sessions: Sessions,
    private readonly scopes: Scopes,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  list(scope: Scope): Promise<Connection[]> {
    return this.store.list(scope);
  }

  async get(scope: Scope, id: string): Promise<Connection> {
    const connection = await this.store.find(scope, id);
    if (!connection) throw notFound('connection');
    return connection;
  }

  /** The active connection that a client means, by its name or by the domain of an address. */
  async forSignIn(
    scope: Scope,
    hint: { email: string } | { providerName: string },
  ): Promise<Connection | undefined> {
    if ('providerName' in hint) {
      const key = await this.store.ownerByProvider(hint.providerName);
      return key && this.activeIn(scope, key.orgId, (inner) => this.store.find(inner, key.id));
    }
    const orgId = await this.domains.ownerOf(hint.email);
    return orgId ? this.activeIn(scope, orgId, (inner) => this.store.preferred(inner)) : undefined;
  }

  /** The organization of the connection; undefined when there is no such connection. */
  async ownerOf(scope: ScopeOrigin, id: string): Promise<Owner | undefined> {
    const orgId = (await this.store.ownerById(id))?.orgId;
    if (orgId === undefined) return undefined;
    const inside = { ...scope, caller: { kind: 'system', orgId } as const, readOnly: true };
    const organization = await this.scopes.run(inside, (inner) => this.store.organization(inner));
    return organization && { orgId, organization };
  }

  /** Whether members may sign in to the organization: those of a suspended one may, and see that it is. */
  async admitsSignIn(scope: Scope): Promise<boolean> {
    const organization = await this.store.organization(scope);
    return organization !== undefined && !refuseEntry(organization, scope.now(), ['suspended']);
  }

  /** Returns a new reservation, or the given one again. */
  prepare(scope: Scope, reservation: string): Reservation {
    if (reservation === '') return reserveConnection(this.envelope, scope.orgId, scope.now());
    return { id: this.idFor(scope, reservation), token: reservation };
  }

  /**
   * Finds a connection for a change and locks it until the scope ends. Refuses callers with fewer permissions
   * than its ceiling.
   */
  async getForUpdate(scope: Scope, id: string): Promise<{ connection: Connection; all: Connection[] }> {
    const all = await this.store.listForUpdate(scope);
    const connection = all.find((one) => one.id === id);
    if (!connection) throw notFound('connection');
    refuse(refuseBeyondOwnPermissions(connection, scope.permissions));
    return { connection, all };
  }

  async create(scope: Scope, request: NewConnection): Promise<Connection> {
    const id = this.idFor(scope, request.reservation);
    // The provider is asked, and the key computed, before the transaction begins.
    const known = await this.knowledgeOf(scope, request.settings, null);
    const key = known.idp ? await this.keys.make(scope.orgId, id, 'current', scope.now()) : undefined;
    const { provisioning = membersOnly, settings, state = connectionState.draft } = request;
    const all = await this.store.listForUpdate(scope);
    refuse(refuseOverLimit(all.length));
    await this.refuseRoles(scope, provisioning);
    const connection: Connection = {
      orgId: scope.orgId,
      id,
      name: request.name,
      providerName: `sso_${randomBase62(20)}`,
      protocol: protocol[settings.kind],
      state,
      contractDomain: request.contractDomain ?? null,
      fetchedAt: null,
      attemptedAt: null,
      nextFetchAt: null,
      lastError: '',
      warned: {},
      saml: null,
      idp: null,
      oidc: null,
      sealedClientSecret: null,
      ...this.stored(scope, id, settings),
      ...known,
      provisioning,
      ...permissionCeiling(scope.permissions),
      activatedAt: state === connectionState.active ? scope.now() : null,
      activation: state === connectionState.active ? nextActivation(all) : null,
      createdBy: scope.actorId || null,
      createdAt: scope.now(),
      updatedAt: scope.now(),
    };
    await this.store.insert(scope, connection);
    if (key) await this.keys.add(scope, key);
    if (connection.idp) {
      await this.metadata.schedule(scope, id, connection.nextFetchAt ?? nextFetchAfter({}, scope.now()));
    }
    await this.record(scope, connection, 'SSO_PROVIDER_CREATED', { protocol: settings.kind });
    return connection;
  }

  private idFor(scope: Scope, reservation = ''): string {
    if (reservation === '') return uuid();
    const reserved = openReservation(this.envelope, scope.orgId, reservation, scope.now());
    if (typeof reserved !== 'string') throw reserved;
    return reserved;
  }

  async update(scope: Scope, change: ConnectionChange): Promise<Connection> {
    const { settings, provisioning, id } = change;
    const before = await this.scopes.run(originOf(scope), (inner) => this.get(inner, id));
    // Checks the permission before the first request to the provider.
    refuse(refuseBeyondOwnPermissions(before, scope.permissions));
    const known = settings ? await this.knowledgeOf(scope, settings, before) : {};
    const { connection: current, all } = await this.getForUpdate(scope, id);
    if (provisioning) await this.refuseRoles(scope, provisioning);
    const state = change.state || current.state;
    const activated = state === connectionState.active && current.state !== connectionState.active;
    const connection: Connection = {
      ...current,
      ...(settings && this.stored(scope, id, settings, current)),
      ...known,
      name: change.name || current.name,
      state,
      ...(provisioning && { provisioning }),
      ...((settings ?? provisioning) && permissionCeiling(scope.permissions)),
      activatedAt: activated ? scope.now() : current.activatedAt,
      activation: activated ? nextActivation(all) : current.activation,
      updatedAt: scope.now(),
    };
    await this.refuseState(scope, connection, all);
    await this.store.update(scope, connection);
    if (connection.state !== connectionState.active) await this.sessions.endThrough(scope, id);
    await this.record(scope, connection, 'SSO_CONFIGURED', {
      change: 'connection_updated',
      state: String(state),
    });
    return connection;
  }

  async delete(scope: Scope, id: string): Promise<void> {
    const { connection, all } = await this.getForUpdate(scope, id);
    const { enforcedAt } = await this.enforcement.getForUpdate(scope);
    refuse(refuseLastConnection(connection, all, enforcedAt !== null));
    await this.store.delete(scope, id);
    await this.sessions.endThrough(scope, id);
    await this.record(scope, connection, 'SSO_PROVIDER_DELETED', {});
  }

  /** Makes the next key, or puts it in the place of the current one. */
  async rotateKey(scope: Scope, id: string): Promise<Connection> {
    refuse(
      refuseBeyondOwnPermissions(
        await this.scopes.run(originOf(scope), (inner) => this.get(inner, id)),
        scope.permissions,
      ),
    );
    // Computed in advance: whether it is needed shows inside the transaction only.
    const fresh = await this.keys.make(scope.orgId, id, 'next', scope.now());
    const { connection } = await this.getForUpdate(scope, id);
    if (!connection.idp)
      throw failedPrecondition('NOT_SAML', 'Only SAML connections have service provider keys.');
    const certificates = (await this.keys.certificates(scope, [id])).get(id) ?? [];
    const promoted = certificates.some(({ next }) => next);
    if (promoted) await this.keys.promote(scope, id);
    else await this.keys.add(scope, fresh);
    await this.record(scope, connection, 'SSO_CONFIGURED', {
      change: promoted ? 'sp_key_promoted' : 'sp_key_added',
    });
    return connection;
  }

  /** What we are to the provider, for an OIDC connection. */
  oidcClientOf({ id, orgId, oidc, sealedClientSecret }: Connection): OidcClient {
    if (!oidc) throw notFound('connection');
    const clientSecret = sealedClientSecret
      ? this.envelope.open(sealedClientSecret, secretContext(orgId, id)).toString()
      : '';
    return { orgId, connectionId: id, issuer: oidc.issuer, clientId: oidc.clientId, clientSecret };
  }

  private async activeIn(
    scope: Scope,
    orgId: string,
    find: (scope: Scope) => Promise<Connection | undefined>,
  ): Promise<Connection | undefined> {
    const origin = { ...originOf(scope), caller: { kind: 'system', orgId } as const };
    const connection = await this.scopes.run(origin, async (inner) =>
      (await this.admitsSignIn(inner)) ? find(inner) : undefined,
    );
    return connection?.state === connectionState.active ? connection : undefined;
  }

  private stored(scope: Scope, id: string, settings: Settings, before?: Connection): Partial<Connection> {
    if (settings.kind === 'saml') {
      const { metadataXml: _taken, ...saml } = settings.saml;
      const kept = before?.saml && saml.metadataUrl === '' && settings.saml.metadataXml === '';
      return { saml: kept ? { ...saml, metadataUrl: before.saml?.metadataUrl ?? '' } : saml };
    }
    const { clientSecret, ...oidc } = settings.oidc;
    if (clientSecret === '') return { oidc };
    return { oidc, sealedClientSecret: this.envelope.seal(clientSecret, secretContext(scope.orgId, id)) };
  }

  /** What the provider says about itself; nothing new when a SAML connection keeps what is known. */
  private async knowledgeOf(
    scope: Scope,
    settings: Settings,
    before: Connection | null,
  ): Promise<Partial<Connection>> {
    const { orgId } = scope;
    const now = scope.now();
    if (before && before.protocol !== protocol[settings.kind]) {
      throw invalidArgument([
        { field: settings.kind, description: 'does not match the protocol of this connection' },
      ]);
    }
    if (settings.kind === 'oidc') {
      await this.usable('oidc.issuer', () => this.oidc.check(orgId, settings.oidc.issuer));
      return {};
    }
    const { relayStates, idpEntityId } = settings.saml;
    refuse(refuseRelayStates(relayStates, this.config.sso.redirectUris));
    const { metadataUrl, metadataXml, isKnown } = sourceOf(before, settings.saml);
    if (isKnown) return {};
    refuse(refuseSource({ metadataUrl, metadataXml }));
    const field = metadataUrl === '' ? 'saml.metadata_xml' : 'saml.metadata_url';
    const idp = await this.usable(field, async () => {
      const found =
        metadataUrl === ''
          ? this.source.parse(metadataXml, { idpEntityId })
          : await this.source.fetch(orgId, metadataUrl, { idpEntityId });
      const problem = refuseTakeover(null, found, now);
      if (problem) throw new UnusableMetadata(problem);
      return found;
    });
    return knownSince(idp, metadataUrl, now);
  }

  private async usable<T>(field: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UnusableMetadata)) throw error;
      const place = error.setting === undefined ? field : `saml.${error.setting}`;
      throw invalidArgument([{ field: place, description: `cannot be used: ${error.message}` }]);
    }
  }

  /** A caller cannot map groups to roles with permissions that the caller does not hold. */
  private async refuseRoles(scope: Scope, { defaultRoleId, roleMappings }: Provisioning): Promise<void> {
    for (const id of new Set([defaultRoleId, ...roleMappings.map(({ roleId }) => roleId)])) {
      const role = await this.roles.get(scope, id);
      refuse(refuseGrant(role.permissions, scope.permissions));
    }
  }

  private async refuseState(scope: Scope, connection: Connection, all: Connection[]): Promise<void> {
    const { enforcedAt } = await this.enforcement.getForUpdate(scope);
    refuse(
      connection.state === connectionState.active
        ? refuseActivation(connection)
        : refuseLastConnection(connection, all, enforcedAt !== null),
    );
  }

  private record(
    scope: Scope,
    { id }: Connection,
    event: 'SSO_PROVIDER_CREATED' | 'SSO_PROVIDER_DELETED' | 'SSO_CONFIGURED',
    metadata: Record<string, string>,
  ): Promise<void> {
    return scope.audit(event, { entityType: 'sso_connection', entityId: id, metadata });
  }
}

function refuse(refusal: AppError | undefined): void {
  if (refusal) throw refusal;
}

function knownSince(idp: StoredIdp, metadataUrl: string, now: Date): Partial<Connection> {
  return {
    idp,
    fetchedAt: now,
    attemptedAt: now,
    nextFetchAt: metadataUrl === '' ? null : nextFetchAfter(idp, now),
    lastError: '',
    warned: {},
  };
}

const secretContext = sealedColumn(
  { table: 'sso_connection', column: 'sealed_client_secret', places: ['org_id', 'id'] },
  (orgId, id) => `sso_connection/${orgId}/${id}`,
);
