import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type AliasRequest,
  type AliasResponseSchema,
  type IdentifyRequest,
  type IdentifyResponseSchema,
  ProfilesSDKService,
} from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { personOfAlias, personOfDocumented } from './person.mapper.js';
import { Profiles } from './profiles.service.js';

@Controller()
export class DocumentedProfilesRpc {
  constructor(private readonly profiles: Profiles) {}

  @Rpc(ProfilesSDKService.method.identify)
  async identify(
    request: IdentifyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof IdentifyResponseSchema>> {
    return { profileId: await this.profiles.know(scope, personOfDocumented(request)) };
  }

  @Rpc(ProfilesSDKService.method.alias)
  async alias(request: AliasRequest, scope: Scope): Promise<MessageInitShape<typeof AliasResponseSchema>> {
    return { profileId: await this.profiles.know(scope, personOfAlias(request)) };
  }
}
