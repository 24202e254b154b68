import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../platform/config/config.module.js';
import type { Config } from '../../platform/config/index.js';
import { notFound } from '../../platform/errors/index.js';
import type { Scope } from '../../platform/scope/index.js';
import { Invitations, type Member } from '../member/index.js';
import { Roles, superAdmin } from '../role/index.js';
import { Founding } from './founding.js';
import type { OrganizationEntity, SsoAttributeMapping } from './organization.entity.js';
import {
  changeOf,
  defaultRegion,
  firstWorkflow,
  type OrganizationRequest,
  orgType,
  refuseChange,
} from './organization.rules.js';
import { OrganizationStore } from './organization.store.js';

export interface NewOrganization {
  /** Chosen by us unless it has to be known beforehand. */
  id?: string;
  name: string;
  industry?: number;
  companySize?: number;
  /** Empty for the default. */
  dataGovernanceRegion?: string;
}

export interface FoundedOrganization {
  organization: OrganizationEntity;
  admin: Member;
}

@Injectable()
export class Organizations {
  constructor(
    private readonly store: OrganizationStore,
    private readonly roles: Roles,
    private readonly invitations: Invitations,
    private readonly founding: Founding,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async get(scope: Scope): Promise<OrganizationEntity> {
    const organization = await this.store.find(scope);
    if (!organization) throw notFound('organization');
    return organization;
  }

  async exists(scope: Scope): Promise<boolean> {
    return (await this.store.find(scope)) !== null;
  }

  /** The organizations of the person who calls, before they have chosen one. */
  listOwn(scope: Scope): Promise<OrganizationEntity[]> {
    return this.store.listOfPerson(scope, scope.identityId);
  }

  /** The caller becomes its super admin. */
  async create(scope: Scope, input: NewOrganization): Promise<FoundedOrganization> {
    const adminId = uuid();
    const { identityId } = scope;
    scope.adopt(uuid(), adminId);
    return this.found(scope, input, { id: adminId, identityId });
  }

  /** For the operator: the owner of the address becomes its super admin, known here or not. */
  async createFor(scope: Scope, adminEmail: string, input: NewOrganization): Promise<FoundedOrganization> {
    scope.adopt(input.id ?? uuid());
    const identityId = await this.invitations.identify(scope, adminEmail);
    return this.found(scope, input, { id: uuid(), identityId });
  }

  private async found(
    scope: Scope,
    input: NewOrganization,
    admin: { id: string; identityId: string },
  ): Promise<FoundedOrganization> {
    const organization = newOrganization(scope, input);
    await this.store.insert(scope, organization);
    const roles = await this.roles.seed(scope);
    const role = roles.get(superAdmin);
    if (!role) throw new Error(`No ${superAdmin} among the seeded roles.`);
    const member = await this.invitations.addFounder(scope, { ...admin, role });
    await scope.audit('ORG_CREATED', {
      entityType: 'organization',
      entityId: organization.id,
      metadata: { admin_user_id: member.id },
    });
    await this.founding.furnish(scope, organization);
    return { organization, admin: member };
  }

  async update(scope: Scope, request: OrganizationRequest): Promise<OrganizationEntity> {
    const change = changeOf(request, {
      allowPrivateWebhooks: this.config.environment === 'development',
    });
    const organization = await this.store.findForUpdate(scope);
    if (!organization) throw notFound('organization');
    const refusal = refuseChange(organization, change);
    if (refusal) throw refusal;
    const changed = { ...organization, ...change };
    await this.store.update(scope, changed);
    await scope.audit('ORG_UPDATED', {
      entityType: 'organization',
      entityId: organization.id,
      metadata: { fields: Object.keys(change).join(',') },
    });
    return changed;
  }

  /** Replaces the whole mapping. */
  async mapSsoAttributes(
    scope: Scope,
    ssoAttributeMappings: SsoAttributeMapping[],
  ): Promise<OrganizationEntity> {
    await this.store.update(scope, { ssoAttributeMappings });
    await scope.audit('SSO_CONFIGURED', {
      entityType: 'organization',
      entityId: scope.orgId,
      metadata: { attribute_mappings: String(ssoAttributeMappings.length) },
    });
    return this.get(scope);
  }
}

function newOrganization(scope: Scope, input: NewOrganization): OrganizationEntity {
  return {
    id: scope.orgId,
    name: input.name,
    industry: input.industry ?? 0,
    companySize: input.companySize ?? 0,
    orgType: orgType.standard,
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
    expiresAt: null,
    createdAt: scope.now(),
  };
}
