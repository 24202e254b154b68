import { Inject, Injectable } from '@nestjs/common';
import type { WorkflowDefinition } from '@dovecote/workflow';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { invalidArgument, notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type DailyLimit, DailyLimits } from '../../../platform/throttle/daily-limits.js';
import { Invitations, type Member } from '../member/index.js';
import { Roles, superAdmin } from '../role/index.js';
import { findFixture, type Fixture } from './fixtures/index.js';
import { CampaignCounts, type CampaignsOver } from './campaign-counts.js';
import { OrganizationSeeding } from './organization-seeding.js';
import type { OrganizationEntity, SsoAttributeMapping } from './organization.entity.js';
import {
  callsWebhook,
  changeOf,
  defaultRegion,
  firstWorkflow,
  type OrganizationRequest,
  orgType,
  refuseChange,
} from './organization.rules.js';
import { type HeldOrganization, OrganizationStore } from './organization.store.js';
import { WorkflowChecks } from './workflow-checks.js';

export interface NewOrganization {
  /** Chosen by us unless it has to be known beforehand. */
  id?: string;
  name: string;
  industry?: number;
  companySize?: number;
  /** Empty for the default. */
  dataGovernanceRegion?: string;
  /** What it holds on its first day; empty for the default. */
  fixtureId?: string;
}

/** The type and expiry of an organization; empty for an ordinary one. */
export interface Kind {
  orgType?: number;
  expiresAt?: Date;
}

export interface CreatedOrganization {
  organization: OrganizationEntity;
  admin: Member;
}

const foundings: DailyLimit = {
  kind: 'organization',
  most: 10,
  sentence: 'One person may create 10 organizations a day.',
  subject: 'person',
};

@Injectable()
export class Organizations {
  constructor(
    private readonly store: OrganizationStore,
    private readonly roles: Roles,
    private readonly invitations: Invitations,
    private readonly seeding: OrganizationSeeding,
    private readonly workflowChecks: WorkflowChecks,
    private readonly campaignCounts: CampaignCounts,
    private readonly limits: DailyLimits,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async get(scope: Scope): Promise<OrganizationEntity> {
    const organization = await this.store.find(scope);
    if (!organization) throw notFound('organization');
    return organization;
  }

  /** The organization and how far its campaigns have come. */
  async describe(scope: Scope): Promise<OrganizationEntity & { campaigns: CampaignsOver }> {
    return { ...(await this.get(scope)), campaigns: await this.campaignCounts.over(scope) };
  }

  async exists(scope: Scope): Promise<boolean> {
    return (await this.store.find(scope)) !== null;
  }

  /** The organizations of the person who calls, before they have chosen one. */
  listOwn(scope: Scope): Promise<OrganizationEntity[]> {
    return this.store.listOfPerson(scope, scope.identityId);
  }

  /** Those that the person who calls is in, with what they may do there; oldest first. */
  listOwnWithPermissions(scope: Scope): Promise<HeldOrganization[]> {
    return this.store.listHeld(scope, scope.identityId);
  }

  /** Whether the organization was made for trying things out. */
  async isSandbox(scope: Scope): Promise<boolean> {
    return (await this.get(scope)).orgType === orgType.sandbox;
  }

  /** The caller becomes its super admin. */
  async create(scope: Scope, input: NewOrganization): Promise<CreatedOrganization> {
    const adminId = uuid();
    const { identityId } = scope;
    scope.adopt(uuid(), adminId);
    return this.foundOwn(scope, input, { id: adminId, identityId });
  }

  /** The same in a scope that has adopted the organization to be, with the id of the caller's membership. */
  async foundOwn(
    scope: Scope,
    input: NewOrganization,
    admin: { id: string; identityId: string },
  ): Promise<CreatedOrganization> {
    await this.limits.take(scope, foundings, admin.identityId);
    return this.found(scope, input, admin);
  }

  /** For the operator: the owner of the address becomes its super admin, known here or not. */
  async createFor(scope: Scope, adminEmail: string, input: NewOrganization): Promise<CreatedOrganization> {
    scope.adopt(input.id ?? uuid());
    const identityId = await this.invitations.identify(scope, adminEmail);
    return this.found(scope, input, { id: uuid(), identityId });
  }

  /** In a scope that has adopted the organization to be. */
  async found(
    scope: Scope,
    input: NewOrganization & Kind,
    admin: { id: string; identityId: string },
  ): Promise<CreatedOrganization> {
    const fixture = requireFixture(input.fixtureId ?? '');
    const organization = newOrganization(scope, input);
    await this.store.insert(scope, organization);
    const roles = await this.roles.seed(scope);
    const role = roles.get(superAdmin);
    if (!role) throw new Error(`No ${superAdmin} among the seeded roles.`);
    const member = await this.invitations.addFirstMember(scope, { ...admin, role });
    const isSandbox = organization.orgType === orgType.sandbox;
    await scope.audit(isSandbox ? 'SANDBOX_CREATED' : 'ORG_CREATED', {
      entityType: 'organization',
      entityId: organization.id,
      metadata: { admin_user_id: member.id, fixture: fixture.id },
    });
    await this.seeding.seed(scope, organization, { fixture, adminId: member.id });
    return { organization, admin: member };
  }

  async update(scope: Scope, request: OrganizationRequest): Promise<void> {
    const change = changeOf(request, { exemptHosts: this.config.outbound.allowedHosts });
    const organization = await this.store.findForUpdate(scope);
    if (!organization) throw notFound('organization');
    const refusal = refuseChange(organization, change);
    if (refusal) throw refusal;
    if (change.defaultWorkflow && callsWebhook(change.defaultWorkflow)) scope.requireRecentProof();
    await this.requireWorkflow(scope, change.defaultWorkflow);
    await this.store.update(scope, { ...organization, ...change });
    await scope.audit('ORG_UPDATED', {
      entityType: 'organization',
      entityId: organization.id,
      metadata: { fields: Object.keys(change).join(',') },
    });
  }

  /** Well-formed is not all: what its steps name has to be there. */
  private async requireWorkflow(scope: Scope, workflow: WorkflowDefinition | undefined): Promise<void> {
    if (!workflow) return;
    const violations = await this.workflowChecks.violations(scope, workflow, 'default_workflow');
    if (violations.length > 0) throw invalidArgument(violations);
  }

  /** Replaces the whole mapping. */
  async mapSsoAttributes(scope: Scope, ssoAttributeMappings: SsoAttributeMapping[]): Promise<void> {
    await this.store.update(scope, { ssoAttributeMappings });
    await scope.audit('SSO_CONFIGURED', {
      entityType: 'organization',
      entityId: scope.orgId,
      metadata: { attribute_mappings: String(ssoAttributeMappings.length) },
    });
  }
}

function requireFixture(id: string): Fixture {
  const fixture = findFixture(id);
  if (fixture) return fixture;
  throw invalidArgument([
    { field: 'fixture_id', description: 'names no fixture; ListSandboxFixtures lists them' },
  ]);
}

function newOrganization(scope: Scope, input: NewOrganization & Kind): OrganizationEntity {
  return {
    id: scope.orgId,
    name: input.name,
    industry: input.industry ?? 0,
    companySize: input.companySize ?? 0,
    orgType: input.orgType ?? orgType.standard,
    defaultLocale: '',
    defaultWorkflow: firstWorkflow,
    dataGovernanceRegion: input.dataGovernanceRegion || defaultRegion,
    ssoAttributeMappings: [],
    mlRetrainColdThreshold: 10,
    mlCancelledCounts: true,
    mlManualLimitMonthly: 3,
    includeSyntheticInAggregates: null,
    provisionalArchetypesEnabled: false,
    defaultVerificationUnitLevel: 0,
    expiresAt: input.expiresAt ?? null,
    createdAt: scope.now(),
    updatedAt: null,
  };
}
