import { create } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type GetUsageRequest,
  type GetUsageResponse,
  GetUsageResponseSchema,
} from '@dovecote/contract/dashboard/usage/v1/usage_pb';
import {
  type GetEventLimitResponse,
  GetEventLimitResponseSchema,
  OverLimit,
} from '@dovecote/contract/dovecote/usage/v1/usage_pb';
import type { LimitUse, Usage } from './usage.service.js';

/** Validation has refused a range without both ends. */
export function rangeOf({ range }: GetUsageRequest): { from: Date; to: Date } | undefined {
  if (!range?.from || !range.to) return undefined;
  return { from: timestampDate(range.from), to: timestampDate(range.to) };
}

export function toUsage({ period, events, computedAt, days }: Usage): GetUsageResponse {
  return create(GetUsageResponseSchema, {
    usedEvents: events === undefined ? undefined : BigInt(events),
    periodStart: timestampFromDate(period.start),
    periodEnd: timestampFromDate(period.end),
    usageComputedAt: computedAt && timestampFromDate(computedAt),
    daily: days.map(({ day, projectId, events: eventCount }) => ({
      day: timestampFromDate(day),
      projectId,
      eventCount: BigInt(eventCount),
    })),
  });
}

export function toEventLimit(use: LimitUse): GetEventLimitResponse {
  const { limit, isRefused, warnings, months, computedAt } = use;
  return create(GetEventLimitResponseSchema, {
    monthlyEvents: BigInt(limit.monthlyEvents),
    overLimit: limit.refuses ? OverLimit.REFUSE : OverLimit.ACCEPT,
    refused: isRefused,
    warnings: warnings.map(({ percent, events, warnedAt }) => ({
      percent,
      usedEvents: BigInt(events),
      warnedAt: timestampFromDate(warnedAt),
    })),
    months: months.map(({ start, events }) => ({
      start: timestampFromDate(start),
      eventCount: BigInt(events),
    })),
    computedAt: computedAt && timestampFromDate(computedAt),
  });
}
