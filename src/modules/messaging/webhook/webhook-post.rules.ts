import { deliveryStatus } from '../delivery/index.js';
import { memberStatus } from '../../people/member/index.js';
import type { AttemptResult } from './webhook.js';
import type { PostObstacle } from './organization-webhooks.service.js';

/** What is known of a post when its turn comes. */
export interface PostState {
  /** The status of the recipient's message; null when it was deleted. */
  readonly messageStatus: number | null;
  /** The status of the member whom the post is about; null when the member was deleted. */
  readonly memberStatus: number | null;
  readonly isRestricted: boolean;
  /** Whether the campaign reaches members whose processing is restricted. */
  readonly includeRestricted: boolean;
  readonly voidOnceAcknowledged: boolean;
}

const obstacles: Readonly<Record<PostObstacle, string>> = {
  organization_closed: 'the organization is suspended, or is being deleted',
  channels_off: 'the privacy setting third_party_channels is off',
  channel_not_set_up: "the organization's webhook is missing or not enabled, or has no secret",
};

const reachable: readonly (number | null)[] = [memberStatus.invited, memberStatus.active];

/** Why a post is not sent any more; undefined when it is. */
export function voidReason(state: PostState): string | undefined {
  if (state.messageStatus === null) return 'the message was erased';
  if (!reachable.includes(state.memberStatus)) return 'the member is deactivated';
  if (state.isRestricted && !state.includeRestricted)
    return 'the processing of data about the member is restricted';
  if (state.voidOnceAcknowledged && state.messageStatus === deliveryStatus.acknowledged)
    return 'the recipient has acknowledged';
  return undefined;
}

export function obstacleReason(obstacle: PostObstacle): string {
  return obstacles[obstacle];
}

/** The end of an attempt that sent nothing. */
export function notSent(reason: string): AttemptResult {
  return { durationMs: 0, status: 0, answer: '', error: `not sent: ${reason}` };
}
