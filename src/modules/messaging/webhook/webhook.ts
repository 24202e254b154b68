/** How a call ended. Stored under the numbers of dovecote.campaign.v1.WebhookCall.Outcome. */
export const webhookOutcome = { completed: 1, failed: 2, cancelled: 3 } as const;
export type WebhookOutcome = (typeof webhookOutcome)[keyof typeof webhookOutcome];

/** The step of a campaign that makes a call. A CALL_WEBHOOK step makes one. */
export interface WebhookStep {
  readonly campaignId: string;
  readonly stepId: string;
}

/** What a step wants delivered. */
export interface NewWebhookCall extends WebhookStep {
  readonly name: string;
  readonly url: string;
  /** As the workflow gives them. */
  readonly headers: Record<string, string>;
  readonly payload: WebhookPayload;
}

/** One recipient in the content of a call. */
interface ReportedDelivery {
  readonly delivery_id: string;
  readonly user_id: string;
  /** The short name of pidgr.v1.DeliveryStatus, such as `ACKNOWLEDGED`. */
  readonly status: string;
  /** RFC 3339. */
  readonly sent_at?: string;
  readonly acknowledged_at?: string;
}

/** The documented content of a call. */
export interface WebhookPayload {
  readonly campaign_id: string;
  readonly campaign_name: string;
  /** At most 10,000. */
  readonly deliveries: readonly ReportedDelivery[];
  /** There are more recipients than `deliveries` holds: ListDeliveries has all. */
  readonly truncated?: true;
  readonly summary: {
    readonly total: number;
    readonly acknowledged: number;
    readonly missed: number;
    readonly failed: number;
  };
}

/** A member whom a step has reached. */
export interface PostAddressee {
  /** The message of the recipient that this is about. */
  readonly deliveryId: string;
  /** The recipient, or a member who was told of the recipient. */
  readonly userId: string;
  readonly deeplinkUrl: string;
}

/** Posts of a step in one of its rounds. */
export interface PostBatch extends WebhookStep {
  readonly round: number;
  readonly addressees: readonly PostAddressee[];
  /** A post is written only while the recipient's message has one of these: numbers of pidgr.v1.DeliveryStatus. */
  readonly messageStatuses: readonly number[];
  /** Whether a post that waits is void once the recipient has acknowledged. */
  readonly voidOnceAcknowledged: boolean;
}

/** A call as administrators see it. */
export interface WebhookCall extends WebhookStep {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly outcome: WebhookOutcome | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly attempts: number;
  /** Its campaign is paused: no attempt begins. */
  readonly isHeld: boolean;
  /** Its content is deleted 30 days after it has ended. */
  readonly isForgotten: boolean;
  /** The member of a post; null for the call of a CALL_WEBHOOK step. */
  readonly userId: string | null;
  /** The round of the step that made a post; 0 for other calls. */
  readonly round: number;
}

/** A request that was sent or is about to be. */
export interface WebhookAttempt {
  readonly number: number;
  readonly redelivery: boolean;
  readonly startedAt: Date | null;
  readonly durationMs: number | null;
  /** 0: no answer. */
  readonly status: number;
  readonly error: string;
  readonly answer: string;
}

/** What came back for an attempt. */
export type AttemptResult = Pick<WebhookAttempt, 'status' | 'error' | 'answer'> & {
  readonly durationMs: number;
};

/** A secret that signs, without its value. */
export interface WebhookSecret {
  readonly id: string;
  readonly hint: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}
