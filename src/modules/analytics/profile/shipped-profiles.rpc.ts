import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type IdentifyRequest,
  type IdentifyResponseSchema,
  ProfilesSDKService,
} from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { personOfShipped } from './person.mapper.js';
import { Profiles } from './profiles.service.js';

@Controller()
export class ShippedProfilesRpc {
  constructor(private readonly profiles: Profiles) {}

  @Rpc(ProfilesSDKService.method.identify)
  async identify(
    request: IdentifyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof IdentifyResponseSchema>> {
    // The contract accepts an empty id, which belongs to no person.
    if (request.externalId !== '') await this.profiles.know(scope, personOfShipped(request));
    return {};
  }
}
