import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Controller } from '@nestjs/common';
import {
  type DeleteDataSubjectRequest,
  type DeleteDataSubjectResponseSchema,
  type DeleteRequest,
  type DeleteResponseSchema,
  type GetDeletionRequestRequest,
  type GetDeletionRequestResponseSchema,
  ProfilesService,
} from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Erasures } from './erasures.service.js';

@Controller()
export class ErasureRpc {
  constructor(private readonly erasures: Erasures) {}

  @Rpc(ProfilesService.method.delete)
  async delete({ id }: DeleteRequest, scope: Scope): Promise<MessageInitShape<typeof DeleteResponseSchema>> {
    const { id: requestId, status } = await this.erasures.requestById(scope, id);
    return { requestId, status };
  }

  @Rpc(ProfilesService.method.deleteDataSubject)
  async deleteDataSubject(
    { externalId }: DeleteDataSubjectRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteDataSubjectResponseSchema>> {
    const { id: requestId, status } = await this.erasures.requestByExternalId(scope, externalId);
    return { requestId, status };
  }

  @Rpc(ProfilesService.method.getDeletionRequest)
  async getDeletionRequest(
    { requestId }: GetDeletionRequestRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetDeletionRequestResponseSchema>> {
    const erasure = await this.erasures.get(scope, requestId);
    return {
      requestId: erasure.id,
      externalId: erasure.externalId ?? undefined,
      profileId: erasure.profileId ?? undefined,
      status: erasure.status,
      eventsIdentified: erasure.eventsIdentified === null ? undefined : BigInt(erasure.eventsIdentified),
      requestedAt: timestampFromDate(erasure.requestedAt),
      completedAt: erasure.completedAt ? timestampFromDate(erasure.completedAt) : undefined,
      error: erasure.error ?? undefined,
    };
  }
}
