import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type GetPropertyHistoryRequest,
  type GetPropertyHistoryResponseSchema,
  ProfileService,
} from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toChange, toWantedHistory } from './property-history.mapper.js';
import { PropertyHistory } from './property-history.service.js';

@Controller()
export class PropertyHistoryRpc {
  constructor(private readonly history: PropertyHistory) {}

  @Rpc(ProfileService.method.getPropertyHistory)
  async getPropertyHistory(
    request: GetPropertyHistoryRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetPropertyHistoryResponseSchema>> {
    const { changes, nextPageToken } = await this.history.page(scope, toWantedHistory(request));
    return { changes: changes.map(toChange), nextPageToken };
  }
}
