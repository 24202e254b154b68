import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type GetByExternalIdRequest,
  type GetByExternalIdResponseSchema,
  type GetRequest,
  type GetResponseSchema,
  type ListRequest,
  type ListResponseSchema,
  ProfilesService,
} from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { People } from './people.service.js';
import { toFilters, toProfile } from './shared-people.mapper.js';

@Controller()
export class SharedPeopleRpc {
  constructor(private readonly people: People) {}

  @Rpc(ProfilesService.method.get)
  async get({ id }: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return { profile: toProfile(await this.people.get(scope, id), scope.project.id) };
  }

  @Rpc(ProfilesService.method.getByExternalId)
  async getByExternalId(
    { externalId }: GetByExternalIdRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetByExternalIdResponseSchema>> {
    return { profile: toProfile(await this.people.getByExternalId(scope, externalId), scope.project.id) };
  }

  @Rpc(ProfilesService.method.list)
  async *list(
    request: ListRequest,
    scope: Scope,
  ): AsyncIterable<MessageInitShape<typeof ListResponseSchema>> {
    for await (const page of this.people.list(scope, toFilters(request), request.pageToken))
      yield {
        profiles: page.people.map((person) => toProfile(person, scope.project.id)),
        nextPageToken: page.nextPageToken === '' ? undefined : page.nextPageToken,
      };
  }
}
