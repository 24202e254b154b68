import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Controller } from '@nestjs/common';
import {
  type ListMergesRequest,
  type ListMergesResponseSchema,
  type MergeProfilesRequest,
  type MergeProfilesResponseSchema,
  type MergeSchema,
  ProfileService,
  type UndoMergeRequest,
  type UndoMergeResponseSchema,
} from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { ProfileMerge } from './profile.js';
import { ProfileMerges } from './profile-merges.service.js';

@Controller()
export class ProfileMergesRpc {
  constructor(private readonly merges: ProfileMerges) {}

  @Rpc(ProfileService.method.mergeProfiles)
  async mergeProfiles(
    { profileId, intoProfileId }: MergeProfilesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof MergeProfilesResponseSchema>> {
    return { merge: toMerge(await this.merges.merge(scope, profileId, intoProfileId)) };
  }

  @Rpc(ProfileService.method.undoMerge)
  async undoMerge(
    { mergeId }: UndoMergeRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UndoMergeResponseSchema>> {
    return { merge: toMerge(await this.merges.undo(scope, mergeId)) };
  }

  @Rpc(ProfileService.method.listMerges)
  async listMerges(
    { profileId }: ListMergesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListMergesResponseSchema>> {
    return { merges: (await this.merges.list(scope, profileId)).map(toMerge) };
  }
}

function toMerge(merge: ProfileMerge): MessageInitShape<typeof MergeSchema> {
  const { id, profileId, intoProfileId, mergedAt, undoneAt } = merge;
  return {
    id,
    profileId,
    intoProfileId,
    mergeTime: timestampFromDate(mergedAt),
    undoTime: undoneAt ? timestampFromDate(undoneAt) : undefined,
  };
}
