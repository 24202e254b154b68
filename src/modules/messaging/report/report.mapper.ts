import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type GetCampaignStatisticsResponseSchema,
  type GetDeliveryTimelineResponseSchema,
  type PersonSchema,
  type StepStatisticsSchema,
  type TimelineEventSchema,
  TimelineEvent_Type as EventType,
} from '@dovecote/contract/dovecote/campaign/v1/report_pb';
import { StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import type { CampaignSnapshot } from '../campaign/index.js';
import type { Person } from '../delivery/index.js';
import type { CampaignFigures, StepFigures } from './statistics.rules.js';
import type { TimelineEvent } from './timeline.rules.js';
import type { DeliveryTimeline } from './timeline.service.js';

export function fromStatistics(
  statistics: CampaignSnapshot & CampaignFigures,
): MessageInitShape<typeof GetCampaignStatisticsResponseSchema> {
  const { campaignId, takenAt, status, audienceSize, leftOut, totals, steps, paces, end } = statistics;
  return {
    campaignId,
    takenAt: timestampFromDate(takenAt),
    status,
    audienceSize,
    leftOut,
    totals,
    steps: steps.map(fromStep),
    paces,
    endEstimate: end && {
      at: timestampFromDate(end.at),
      timers: end.timers.map(({ stepId, at }) => ({ stepId, at: timestampFromDate(at) })),
      atWork: end.atWork,
    },
  };
}

function fromStep(step: StepFigures): MessageInitShape<typeof StepStatisticsSchema> {
  const { stepId, type, counts, skips, withoutDelivery } = step;
  return {
    stepId,
    stepType: StepType[type],
    counts: counts.map(({ kind, status, count, read, dismissed }) => ({
      kind,
      status,
      count,
      read,
      dismissed,
    })),
    // Stored under the numbers of the contract.
    skips: skips.map(({ reason, channel, amount }) => ({ reason, channel, amount: BigInt(amount) })),
    withoutDelivery,
  };
}

export function fromTimeline({
  record,
  events,
  isTruncated,
}: DeliveryTimeline): MessageInitShape<typeof GetDeliveryTimelineResponseSchema> {
  return {
    deliveryId: record.id,
    campaignId: record.campaignId,
    stepId: record.stepId,
    kind: record.kind,
    status: record.status,
    recipient: fromPerson(record.recipient),
    parentDeliveryId: record.parentDeliveryId ?? '',
    parentRecipient: fromPerson(record.parentRecipient),
    events: events.map(fromEvent),
    truncated: isTruncated,
  };
}

function fromEvent(event: TimelineEvent): MessageInitShape<typeof TimelineEventSchema> {
  const { type, at, person, copyId, ...rest } = event;
  return {
    ...rest,
    type: EventType[type],
    at: at ? timestampFromDate(at) : undefined,
    person: fromPerson(person),
    copyDeliveryId: copyId ?? '',
  };
}

function fromPerson(person: Person | null): MessageInitShape<typeof PersonSchema> | undefined {
  return person ? { userId: person.userId, name: person.name, erased: person.isErased } : undefined;
}
