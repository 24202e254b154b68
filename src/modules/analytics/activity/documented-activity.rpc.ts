import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  ActivityService,
  type ListRequest,
  type ListResponseSchema,
} from '@dovecote/contract/activity/v1/activity_pb';
import { invalidArgument, notFound } from '../../../platform/errors/index.js';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Activities } from './activities.service.js';
import type { Person } from './activity.js';
import { toFeedRequest, toPage, violationsOf } from './documented-activity.mapper.js';

@Controller()
export class DocumentedActivityRpc {
  constructor(private readonly activities: Activities) {}

  @Rpc(ActivityService.method.list)
  async list(request: ListRequest, scope: Scope): Promise<MessageInitShape<typeof ListResponseSchema>> {
    const violations = violationsOf(request);
    if (violations.length > 0) throw invalidArgument(violations);
    const feed = toFeedRequest(request, await this.personOf(request, scope));
    const asked = [
      'list',
      request.externalId,
      request.profileId,
      feed.sessionId,
      feed.selectors,
      feed.filters,
    ];
    const page = await this.activities.page(scope, feed, asked);
    return toPage(page, await this.activities.profilesOf(scope, page.events));
  }

  /** Undefined: everybody. */
  private async personOf({ externalId, profileId }: ListRequest, scope: Scope): Promise<Person | undefined> {
    const id = externalId || profileId;
    if (id === '') return undefined;
    const person = await this.activities.findPerson(scope, id);
    if (person) return person;
    if (externalId === '' && (await this.activities.isAnonymous(scope, id))) return { ids: [id] };
    throw notFound('profile');
  }
}
