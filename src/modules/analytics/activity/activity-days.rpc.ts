import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import { Controller } from '@nestjs/common';
import {
  type GetActivityDaysRequest,
  type GetActivityDaysResponseSchema,
  ProfileService,
} from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import { invalidArgument } from '../../../platform/errors/index.js';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { Window } from '../insight/index.js';
import { Activities } from './activities.service.js';
import { zonedDaysOf } from './zoned-days.rules.js';

/** What `dovecote.profile.v1.ProfileService` tells of what persons did. */
@Controller()
export class ActivityDaysRpc {
  constructor(private readonly activities: Activities) {}

  @Rpc(ProfileService.method.getActivityDays)
  async getActivityDays(
    { profileId, startTime, endTime, timeZone }: GetActivityDaysRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetActivityDaysResponseSchema>> {
    const zone = timeZone || scope.project.zone;
    const asked = zonedDaysOf(windowOf(startTime, endTime), zone, scope.now().getTime());
    const person = await this.activities.personOf(scope, profileId);
    const days = await this.activities.zonedDays(scope, person, asked);
    return { timeZone: zone, days: days.map(({ date, count }) => ({ date, events: BigInt(count) })) };
  }
}

/** @throws AppError INVALID_ARGUMENT for half a range. */
function windowOf(start: Timestamp | undefined, end: Timestamp | undefined): Window | undefined {
  if (start && end) return { from: timestampMs(start), to: timestampMs(end) };
  if (!start && !end) return undefined;
  const [field, other] = start ? ['end_time', 'start_time'] : ['start_time', 'end_time'];
  throw invalidArgument([{ field: field ?? '', description: `must be set together with ${other}` }]);
}
