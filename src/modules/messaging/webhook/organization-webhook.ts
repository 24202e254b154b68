/** Where an organization wants reminders and escalations posted to. */
export interface OrganizationWebhook {
  readonly url: string;
  readonly enabled: boolean;
  readonly hasSecret: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a caller wants of it. */
export interface OrganizationWebhookChange {
  /** Empty: it is removed. */
  readonly url: string;
  readonly enabled: boolean;
  /** 16 to 256 bytes. Undefined: the one that there is stays. */
  readonly secret: string | undefined;
}

/** Where posts go now, and what signs them. */
export interface PostTarget {
  readonly url: string;
  readonly secret: Buffer;
}
