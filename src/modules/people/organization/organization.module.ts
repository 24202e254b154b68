import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { ApiKeyModule } from '../api-key/index.js';
import { MemberModule } from '../member/index.js';
import { RoleModule } from '../role/index.js';
import { organizationPersonalData } from './personal-data.store.js';
import { AnalyticsCohorts } from './analytics-cohorts.service.js';
import { AnalyticsCohortStore } from './analytics-cohorts.store.js';
import { CampaignCounts } from './campaign-counts.js';
import { OrganizationSeeding } from './organization-seeding.js';
import { PurgeOrganization, SweepOrganizationDeletions } from './organization-deletion.jobs.js';
import { OrganizationDeletionRpc } from './organization-deletion.rpc.js';
import { OrganizationDeletions } from './organization-deletion.service.js';
import { OrganizationDeletionStore } from './organization-deletion.store.js';
import { OrganizationRpc } from './organization.rpc.js';
import { Organizations } from './organization.service.js';
import { OrganizationStore } from './organization.store.js';
import { PrivacyRpc } from './privacy.rpc.js';
import { PrivacySettings } from './privacy-settings.service.js';
import { PrivacySettingsStore } from './privacy-settings.store.js';
import { PurgeSandbox, SweepSandboxes } from './sandbox.jobs.js';
import { SandboxRpc } from './sandbox.rpc.js';
import { Sandboxes } from './sandbox.service.js';
import { SandboxStore } from './sandbox.store.js';
import { WorkflowChecks } from './workflow-checks.js';

/**
 * An organization is a tenant: every other row belongs to one, and is invisible to the others.
 * Invariants: an organization is created in one transaction with the seeded roles, a workflow, one super
 * admin and the contributions of other modules. A sandbox expires: from then on its calls are refused, and
 * all its rows are deleted. The same happens to an organization that a super admin deletes, after some days
 * in which the deletion can be cancelled.
 */
@Module({
  imports: [ApiKeyModule, MemberModule, RoleModule],
  controllers: [OrganizationRpc, OrganizationDeletionRpc, PrivacyRpc, SandboxRpc],
  providers: [
    AnalyticsCohorts,
    AnalyticsCohortStore,
    CampaignCounts,
    OrganizationSeeding,
    OrganizationDeletions,
    OrganizationDeletionStore,
    Organizations,
    OrganizationStore,
    PrivacySettings,
    PrivacySettingsStore,
    PurgeOrganization,
    PurgeSandbox,
    Sandboxes,
    SandboxStore,
    SweepOrganizationDeletions,
    SweepSandboxes,
    WorkflowChecks,
  ],
  exports: [
    AnalyticsCohorts,
    CampaignCounts,
    OrganizationSeeding,
    OrganizationDeletions,
    Organizations,
    PrivacySettings,
    WorkflowChecks,
  ],
})
export class OrganizationModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(organizationPersonalData);
  }
}
