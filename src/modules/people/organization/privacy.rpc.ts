import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type GetOrgPrivacySettingsRequest,
  type GetOrgPrivacySettingsResponseSchema,
  OrganizationService,
  type RotateAnalyticsSaltRequest,
  type RotateAnalyticsSaltResponseSchema,
  type UpdateAnalyticsEpsilonRequest,
  type UpdateAnalyticsEpsilonResponseSchema,
  type UpdateOrgPrivacySettingsRequest,
  type UpdateOrgPrivacySettingsResponseSchema,
} from '@dovecote/contract/pidgr/v1/organization_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { AnalyticsCohorts } from './analytics-cohorts.service.js';
import { toPrivacyRequest, toPrivacySettings } from './privacy.mapper.js';
import { PrivacySettings } from './privacy-settings.service.js';

@Controller()
export class PrivacyRpc {
  constructor(
    private readonly settings: PrivacySettings,
    private readonly cohorts: AnalyticsCohorts,
  ) {}

  @Rpc(OrganizationService.method.getOrgPrivacySettings)
  async getOrgPrivacySettings(
    _request: GetOrgPrivacySettingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetOrgPrivacySettingsResponseSchema>> {
    return { settings: toPrivacySettings(await this.settings.get(scope)) };
  }

  @Rpc(OrganizationService.method.updateOrgPrivacySettings)
  async updateOrgPrivacySettings(
    request: UpdateOrgPrivacySettingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateOrgPrivacySettingsResponseSchema>> {
    return { settings: toPrivacySettings(await this.settings.update(scope, toPrivacyRequest(request))) };
  }

  @Rpc(OrganizationService.method.rotateAnalyticsSalt)
  async rotateAnalyticsSalt(
    { newBucketCount }: RotateAnalyticsSaltRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RotateAnalyticsSaltResponseSchema>> {
    return { bucketCount: await this.cohorts.rotateSalt(scope, newBucketCount) };
  }

  @Rpc(OrganizationService.method.updateAnalyticsEpsilon)
  async updateAnalyticsEpsilon(
    { epsilon }: UpdateAnalyticsEpsilonRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateAnalyticsEpsilonResponseSchema>> {
    return { epsilon: await this.cohorts.setEpsilon(scope, epsilon) };
  }
}
