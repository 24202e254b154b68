import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { EntryCheck } from '../../../platform/caller/entry-check.js';
import { Clock } from '../../../platform/clock/clock.js';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { NameLookup } from '../../../platform/outbound/name-lookup.js';
import { OutboundClient } from '../../../platform/outbound/outbound-client.js';
import { AuthModule } from '../auth/index.js';
import { MemberModule } from '../../people/member/index.js';
import { RoleModule } from '../../people/role/index.js';
import { ssoPersonalData } from './personal-data.store.js';
import { BreakGlassUseStore } from './break-glass-use.store.js';
import { ConnectionRpc } from './connection.rpc.js';
import { ConnectionStore } from './connection.store.js';
import { Connections } from './connections.service.js';
import { DomainProof } from './domain-proof.js';
import { DomainRpc } from './domain.rpc.js';
import { Domains } from './domain.service.js';
import { DomainStore } from './domain.store.js';
import { EnforcementRpc } from './enforcement.rpc.js';
import { Enforcement } from './enforcement.service.js';
import { EnforcementStore } from './enforcement.store.js';
import { MetadataSource } from './metadata-source.js';
import { Metadata } from './metadata.service.js';
import { OidcDiscovery } from './oidc-discovery.js';
import { OrganizationEntry } from './organization-entry.service.js';
import { ProviderRpc } from './provider.rpc.js';
import { Providers } from './providers.service.js';
import { SpKeyStore } from './sp-key.store.js';
import { SpKeys } from './sp-keys.service.js';
import { BreakGlassUsedJob, RefreshMetadataJob } from './sso.jobs.js';

/**
 * The connections of an organization to its identity providers: proven domains, connections, and enforcement
 * of SSO. The logins are in the module `sso-login`.
 * Invariants: a domain is proven by one organization at most; metadata is replaced only by a complete, valid
 * document; a connection never gives permissions that the admin who set it up does not hold; while SSO is
 * enforced, there is an unrestricted active connection and a proven domain.
 */
@Module({
  imports: [AuthModule, MemberModule, RoleModule],
  controllers: [ConnectionRpc, DomainRpc, EnforcementRpc, ProviderRpc],
  providers: [
    BreakGlassUsedJob,
    BreakGlassUseStore,
    Connections,
    ConnectionStore,
    Domains,
    DomainStore,
    Enforcement,
    EnforcementStore,
    Metadata,
    OrganizationEntry,
    Providers,
    RefreshMetadataJob,
    SpKeys,
    SpKeyStore,
    {
      provide: DomainProof,
      inject: [NameLookup, CONFIG],
      useFactory: (names: NameLookup, { sso }: Config) =>
        new DomainProof(names, { trusted: sso.trustedDomains }),
    },
    {
      provide: MetadataSource,
      inject: [OutboundClient, CONFIG],
      useFactory: (outbound: OutboundClient, config: Config) =>
        new MetadataSource(outbound, { allowHttp: config.environment === 'development' }),
    },
    {
      provide: OidcDiscovery,
      inject: [OutboundClient, Clock, CONFIG],
      useFactory: (outbound: OutboundClient, clock: Clock, config: Config) =>
        new OidcDiscovery(outbound, clock, { allowHttp: config.environment === 'development' }),
    },
  ],
  exports: [Connections, Domains, Enforcement, Metadata, OidcDiscovery, SpKeys],
})
export class SsoModule implements OnModuleInit {
  constructor(
    private readonly personalData: PersonalData,
    private readonly entryCheck: EntryCheck,
    private readonly entry: OrganizationEntry,
  ) {}

  onModuleInit(): void {
    this.personalData.contribute(ssoPersonalData);
    this.entryCheck.contribute((person, membership) => this.entry.pass(person, membership));
  }
}
