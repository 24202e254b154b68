import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Controller } from '@nestjs/common';
import {
  type CancelDeletionRequest,
  type CancelDeletionResponseSchema,
  type DeleteUserDataRequest,
  type DeleteUserDataResponseSchema,
  type ExportOrgDataRequest,
  type ExportOrgDataResponseSchema,
  type ExportUserDataRequest,
  type ExportUserDataResponseSchema,
  type GetDataExistenceConfirmationRequest,
  type GetDataExistenceConfirmationResponseSchema,
  type ImmediateDeleteRequest,
  type ImmediateDeleteResponseSchema,
  type ListMyPrivacyRequestsRequest,
  type ListMyPrivacyRequestsResponseSchema,
  type ListOrgSecurityIncidentsRequest,
  type ListOrgSecurityIncidentsResponseSchema,
  type ListPrivacyRequestsRequest,
  type ListPrivacyRequestsResponseSchema,
  PrivacyRequestStatus,
  PrivacyService,
  type RectifyUserDataRequest,
  type RectifyUserDataResponseSchema,
  type RestrictProcessingRequest,
  type RestrictProcessingResponseSchema,
} from '@dovecote/contract/pidgr/v1/privacy_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Deletions } from './deletion.service.js';
import { PrivacyExports } from './export.service.js';
import { toListInput, toRequest } from './privacy.mapper.js';
import { PrivacyRights } from './rights.service.js';

@Controller()
export class PrivacyServiceRpc {
  constructor(
    private readonly exports: PrivacyExports,
    private readonly deletions: Deletions,
    private readonly rights: PrivacyRights,
  ) {}

  @Rpc(PrivacyService.method.exportUserData)
  async exportUserData(
    { userId }: ExportUserDataRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ExportUserDataResponseSchema>> {
    const exportId = await this.exports.ofMember(scope, userId.toLowerCase());
    return { status: PrivacyRequestStatus.PENDING, exportId };
  }

  @Rpc(PrivacyService.method.exportOrgData)
  async exportOrgData(
    _request: ExportOrgDataRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ExportOrgDataResponseSchema>> {
    return { status: PrivacyRequestStatus.PENDING, exportId: await this.exports.ofOrganization(scope) };
  }

  @Rpc(PrivacyService.method.deleteUserData)
  async deleteUserData(
    { userId, anonymize }: DeleteUserDataRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteUserDataResponseSchema>> {
    const requestId = await this.deletions.schedule(scope, { userId: userId.toLowerCase(), anonymize });
    return { status: PrivacyRequestStatus.PENDING, requestId };
  }

  @Rpc(PrivacyService.method.cancelDeletion)
  async cancelDeletion(
    { requestId, confirmationEmail: confirmation }: CancelDeletionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CancelDeletionResponseSchema>> {
    await this.deletions.cancel(scope, { requestId: requestId.toLowerCase(), confirmation });
    return { status: PrivacyRequestStatus.FAILED };
  }

  @Rpc(PrivacyService.method.immediateDelete)
  async immediateDelete(
    { requestId, confirmationEmail: confirmation }: ImmediateDeleteRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ImmediateDeleteResponseSchema>> {
    await this.deletions.startNow(scope, { requestId: requestId.toLowerCase(), confirmation });
    return { status: PrivacyRequestStatus.PROCESSING };
  }

  @Rpc(PrivacyService.method.rectifyUserData)
  async rectifyUserData(
    { userId, corrections }: RectifyUserDataRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RectifyUserDataResponseSchema>> {
    return { rectifiedFields: await this.rights.rectify(scope, userId.toLowerCase(), corrections) };
  }

  @Rpc(PrivacyService.method.restrictProcessing)
  async restrictProcessing(
    { userId, restricted }: RestrictProcessingRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RestrictProcessingResponseSchema>> {
    const since = await this.rights.restrict(scope, userId.toLowerCase(), restricted);
    return { restricted, restrictedAt: since ? timestampFromDate(since) : undefined };
  }

  @Rpc(PrivacyService.method.getDataExistenceConfirmation)
  async getDataExistenceConfirmation(
    { userId }: GetDataExistenceConfirmationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetDataExistenceConfirmationResponseSchema>> {
    const dataCategories = await this.rights.categoriesOf(scope, userId.toLowerCase());
    return { exists: dataCategories.length > 0, dataCategories };
  }

  @Rpc(PrivacyService.method.listPrivacyRequests)
  async listPrivacyRequests(
    request: ListPrivacyRequestsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListPrivacyRequestsResponseSchema>> {
    const { requests, nextPageToken } = await this.rights.list(scope, toListInput(request));
    return { requests: requests.map(toRequest), nextPageToken };
  }

  @Rpc(PrivacyService.method.listMyPrivacyRequests)
  async listMyPrivacyRequests(
    request: ListMyPrivacyRequestsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListMyPrivacyRequestsResponseSchema>> {
    const { requests, nextPageToken } = await this.rights.listOwn(scope, toListInput(request));
    return { requests: requests.map(toRequest), nextPageToken };
  }

  /** Always empty: incidents are recorded by the operator, for which there is no tool yet. */
  @Rpc(PrivacyService.method.listOrgSecurityIncidents)
  async listOrgSecurityIncidents(
    _request: ListOrgSecurityIncidentsRequest,
    _scope: Scope,
  ): Promise<MessageInitShape<typeof ListOrgSecurityIncidentsResponseSchema>> {
    return { incidents: [] };
  }
}
