import { Module } from '@nestjs/common';
import { ApiKeyModule } from '../api-key/index.js';
import { MemberModule } from '../member/index.js';
import { RoleModule } from '../role/index.js';
import { AnalyticsCohorts } from './analytics-cohorts.service.js';
import { AnalyticsCohortStore } from './analytics-cohorts.store.js';
import { Founding } from './founding.js';
import { OrganizationRpc } from './organization.rpc.js';
import { Organizations } from './organization.service.js';
import { OrganizationStore } from './organization.store.js';
import { PrivacyRpc } from './privacy.rpc.js';
import { PrivacySettings } from './privacy-settings.service.js';
import { PrivacySettingsStore } from './privacy-settings.store.js';

/**
 * An organization is a tenant: everything else belongs to one, and nothing is seen from another.
 * Invariants: it is born with the seeded roles, a workflow to offer, one super admin and what other modules contribute
 * to its founding, or not at all.
 */
@Module({
  imports: [ApiKeyModule, MemberModule, RoleModule],
  controllers: [OrganizationRpc, PrivacyRpc],
  providers: [
    AnalyticsCohorts,
    AnalyticsCohortStore,
    Founding,
    Organizations,
    OrganizationStore,
    PrivacySettings,
    PrivacySettingsStore,
  ],
  exports: [AnalyticsCohorts, Founding, Organizations, PrivacySettings],
})
export class OrganizationModule {}
