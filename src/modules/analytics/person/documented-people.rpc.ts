import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type DeleteRequest,
  type DeleteResponseSchema,
  type GetRequest,
  type GetResponseSchema,
  type ListRequest,
  type ListResponseSchema,
  ProfilesService,
} from '@dovecote/contract/profiles/v1/profiles_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toCount, toPersonName, toProfile, toSearch } from './documented-people.mapper.js';
import { People } from './people.service.js';

const DEFAULT_LIMIT = 50;

@Controller()
export class DocumentedPeopleRpc {
  constructor(private readonly people: People) {}

  @Rpc(ProfilesService.method.get)
  async get(request: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return { profile: toProfile(await this.people.find(scope, toPersonName(request))) };
  }

  @Rpc(ProfilesService.method.list)
  async list(
    { query, limit, offset }: ListRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListResponseSchema>> {
    const page = { search: toSearch(query), limit: limit === 0 ? DEFAULT_LIMIT : limit, offset };
    const { people, total } = await this.people.search(scope, page);
    return { profiles: people.map(toProfile), total: toCount(total) };
  }

  @Rpc(ProfilesService.method.delete)
  async delete(request: DeleteRequest, scope: Scope): Promise<MessageInitShape<typeof DeleteResponseSchema>> {
    await this.people.hide(scope, toPersonName(request));
    return {};
  }
}
