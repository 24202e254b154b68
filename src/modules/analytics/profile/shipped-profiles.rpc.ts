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
import { Subscriptions } from '../subscription/index.js';
import { Profiles } from './profiles.service.js';

@Controller()
export class ShippedProfilesRpc {
  constructor(
    private readonly profiles: Profiles,
    private readonly subscriptions: Subscriptions,
  ) {}

  @Rpc(ProfilesSDKService.method.identify)
  async identify(
    request: IdentifyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof IdentifyResponseSchema>> {
    // The contract accepts an empty id, which belongs to no person.
    if (request.externalId === '') return {};
    const person = personOfShipped(request);
    await this.profiles.know(scope, person);
    if (request.deviceId !== '')
      await this.subscriptions.assign(scope, request.deviceId.toWellFormed(), person.externalId);
    return {};
  }
}
