/** What the token of a link says. */
export interface TokenPayload {
  orgId: string;
  campaignId: string;
  recipientId: string;
  /** Number of pidgr.v1.ChannelStepKind. */
  stepKind: number;
  /** Seconds since the epoch. */
  expiresAt: number;
  /** Version of the signing key. */
  version: number;
}

const DAY_MS = 24 * 60 * 60_000;
/** How long a key signs. */
const SIGNS_MS = 90 * DAY_MS;
/** How long it is believed after that. */
export const OVERLAP_MS = 7 * DAY_MS;

export interface KeyState {
  createdAt: Date;
  replacedAt: Date | null;
}

export function isDue({ createdAt }: KeyState, now: Date): boolean {
  return createdAt.getTime() + SIGNS_MS <= now.getTime();
}

export function isRetired({ replacedAt }: KeyState, now: Date): boolean {
  return replacedAt !== null && replacedAt.getTime() + OVERLAP_MS <= now.getTime();
}
