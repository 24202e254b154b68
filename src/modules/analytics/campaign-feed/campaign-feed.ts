/** Where the events of an organization's campaigns go. */
export interface CampaignFeed {
  /** Undefined: there are no events. */
  readonly project: { readonly id: string; readonly builtIn: boolean } | undefined;
  /** The organization has turned behavioral analytics off. */
  readonly isSuspended: boolean;
  /** What has happened and is no event yet. */
  readonly waiting: { readonly events: number; readonly since: Date | null };
}
