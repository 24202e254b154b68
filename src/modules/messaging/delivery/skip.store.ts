import { Injectable } from '@nestjs/common';
import type { ChannelName } from '@dovecote/workflow';
import { v7 as uuid } from 'uuid';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { deletedDomain } from '../../people/member/index.js';

/** Why a step left a member out. Stored under the numbers of dovecote.campaign.v1.SkipReason. */
export const skipReason = {
  no_manager: 1,
  manager_cycle: 2,
  target_inactive: 3,
  target_restricted: 4,
  over_recipient_limit: 5,
  over_step_limit: 6,
  recipient_inactive: 7,
  recipient_restricted: 8,
  not_rendered: 9,
  no_device: 10,
  /** Besides pushes, only the organization's webhook exists yet. */
  channel_unavailable: 11,
  channel_not_set_up: 12,
  channels_off: 13,
  organization_closed: 14,
} as const;

/** Stored under the numbers of pidgr.v1.ChannelName; 0 for pushes and the inbox. */
export const channelNumber: Readonly<Record<ChannelName, number>> = {
  UNSPECIFIED: 0,
  EMAIL: 1,
  WEBHOOK: 2,
  TELEGRAM: 3,
  SLACK: 4,
  SMS: 5,
  WHATSAPP: 6,
  MICROSOFT_TEAMS: 7,
  LINE: 8,
  GOOGLE_CHAT: 9,
};

export interface Skip {
  /** The message of the recipient; undefined when the whole step is meant. */
  deliveryId?: string | undefined;
  /** The member who was not told; undefined when that is the recipient, or several. */
  userId?: string | undefined;
  reason: keyof typeof skipReason;
  /** Undefined for pushes and the inbox. */
  channel?: ChannelName;
  amount: number;
}

// A member may be erased between the transaction that found the reason and this one; of who was anonymized the row stays.
const isKept = (member: string): string => `
  exists (select from member m where m.org_id = $1 and m.id = ${member} and m.email not like '%@${deletedDomain}')`;

const insert = setStatement(
  'delivery_skip.insert',
  `insert into delivery_skip (org_id, id, campaign_id, step_id, round, delivery_id, user_id, reason, channel, amount,
                              created_at)
   select $1, s.id, $2, $3, $4, s.delivery_id, s.user_id, s.reason, s.channel, s.amount, $11
     from unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::smallint[], $9::smallint[], $10::integer[])
       as s (id, delivery_id, user_id, reason, channel, amount)
    where (s.user_id is null or ${isKept('s.user_id')})
      and (s.delivery_id is null or exists (
            select from delivery d where d.org_id = $1 and d.id = s.delivery_id and ${isKept('d.user_id')}))
   on conflict on constraint delivery_skip_once_key do nothing`,
);

/** The members whom a step left out, and why: a recipient, or a member who was to be told of them. */
@Injectable()
export class SkipStore {
  async record(
    scope: Scope,
    place: { campaignId: string; stepId: string; round: number },
    skips: readonly Skip[],
  ): Promise<void> {
    if (skips.length === 0) return;
    const tx = await scope.tx();
    await tx.execute(insert, [
      scope.orgId,
      place.campaignId,
      place.stepId,
      place.round,
      skips.map(() => uuid()),
      skips.map(({ deliveryId }) => deliveryId ?? null),
      skips.map(({ userId }) => userId ?? null),
      skips.map(({ reason }) => skipReason[reason]),
      skips.map(({ channel }) => channelNumber[channel ?? 'UNSPECIFIED']),
      skips.map(({ amount }) => amount),
      scope.now(),
    ]);
  }
}
