import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  CampaignPauseSchema,
  ScheduledStartSchema,
} from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import type { Pause } from '../campaign/index.js';
import type { ScheduledStart, SeenStart } from './scheduled-start.js';

export function fromScheduledStart(
  start: ScheduledStart | SeenStart,
): MessageInitShape<typeof ScheduledStartSchema> {
  const { startsAt, scheduledAt, scheduledBy, endedAt, ...rest } = start;
  return {
    // State and local time are stored under the numbers of the contract.
    ...rest,
    startsAt: timestampFromDate(startsAt),
    scheduledAt: timestampFromDate(scheduledAt),
    scheduledBy: scheduledBy.id,
    endedAt: endedAt ? timestampFromDate(endedAt) : undefined,
  };
}

export function fromPause({
  pausedAt,
  pausedBy,
  reason,
}: Pause): MessageInitShape<typeof CampaignPauseSchema> {
  return { pausedAt: timestampFromDate(pausedAt), pausedBy: pausedBy ?? '', reason };
}
