import { Injectable } from '@nestjs/common';
import { alreadyExists, notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type AttributeNames, type Connection, connectionState, membersOnly } from './connection.js';
import { ConnectionStore } from './connection.store.js';
import { Connections, type Settings } from './connections.service.js';
import { Domains } from './domain.service.js';

export interface NewProvider {
  domain: string;
  kind: 'saml' | 'oidc';
  metadataUrl: string;
  attributes: AttributeNames;
}

/** What a client needs to know before it starts a sign-in. */
export interface SignInHint {
  enabled: boolean;
  providerName: string;
}

/** pidgr.v1's view: one provider with one domain for each organization. */
@Injectable()
export class Providers {
  constructor(
    private readonly store: ConnectionStore,
    private readonly connections: Connections,
    private readonly domains: Domains,
  ) {}

  /** Single sign-on begins when the domain is proven; until then its people sign in as before. */
  async create(scope: Scope, { domain, kind, metadataUrl, attributes }: NewProvider): Promise<Connection> {
    const owner = await this.domains.ownerOf(`anybody@${domain}`);
    if (owner && owner !== scope.orgId) {
      throw alreadyExists('DOMAIN_TAKEN', 'Another organization has proven this domain.');
    }
    const connection = await this.connections.create(scope, {
      name: domain.toLowerCase(),
      contractDomain: domain.toLowerCase(),
      settings: settingsOf(kind, metadataUrl),
      // The contract has no way to name the client: an OIDC provider waits until dovecote.sso.v1 has told.
      state: kind === 'saml' ? connectionState.active : connectionState.draft,
      provisioning: { ...membersOnly, createMembers: true, attributes },
    });
    await this.domains.add(scope, domain);
    return connection;
  }

  async get(scope: Scope): Promise<Connection | undefined> {
    return (await this.store.list(scope)).find(({ contractDomain }) => contractDomain !== null);
  }

  async delete(scope: Scope, id: string): Promise<void> {
    const provider = await this.get(scope);
    if (provider?.id !== id) throw notFound('SSO provider');
    await this.connections.delete(scope, id);
  }

  /** Depends on the domain of the address only, so that it does not reveal whether an account exists. */
  async hintFor(scope: Scope, email: string): Promise<SignInHint> {
    const orgId = await this.domains.ownerOf(email);
    if (!orgId) return { enabled: false, providerName: '' };
    scope.adopt(orgId);
    const isOpen = await this.connections.admitsSignIn(scope);
    const connection = isOpen ? await this.store.preferred(scope) : undefined;
    return { enabled: connection !== undefined, providerName: connection?.providerName ?? '' };
  }
}

function settingsOf(kind: NewProvider['kind'], metadataUrl: string): Settings {
  if (kind === 'oidc') {
    const issuer = metadataUrl.replace(/\/\.well-known\/openid-configuration$/, '');
    return { kind, oidc: { issuer, clientId: '', clientSecret: '', scopes: [], forceAuthn: false } };
  }
  return {
    kind,
    saml: {
      metadataUrl,
      metadataXml: '',
      spEntityId: '',
      allowIdpInitiated: false,
      relayStates: [],
      forceAuthn: false,
      signMetadata: false,
    },
  };
}
